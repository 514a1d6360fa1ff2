/// Vectors on their way into an index, with their ids: rows of one piece of memory, which is used again for the next.
struct VectorBatch: ~Copyable {
  let dimension: Int
  /// How many rows there is room for.
  let capacity: Int
  private(set) var ids: [Int64] = []
  private let values: UnsafeMutableBufferPointer<Float>

  /// Room for `capacity` rows. The system gives it when it is first used.
  init(dimension: Int, capacity: Int) {
    self.dimension = dimension
    self.capacity = capacity
    values = .allocate(capacity: capacity * dimension)
    ids.reserveCapacity(capacity)
  }

  deinit { values.deallocate() }

  var isFull: Bool { ids.count >= capacity }

  /// The rows, `[ids.count, dimension]`.
  var rows: UnsafeBufferPointer<Float> { UnsafeBufferPointer(rebasing: values[..<(ids.count * dimension)]) }

  /// Copies a vector of `dimension` values, which may be unaligned, unless there is no room or `check` throws.
  mutating func append(
    _ vector: UnsafeRawBufferPointer, id: Int64, check: (UnsafeBufferPointer<Float>) throws -> Void
  ) rethrows {
    guard !isFull, vector.count == 4 * dimension else { return }
    let row = UnsafeMutableBufferPointer(rebasing: values[ids.count * dimension..<(ids.count + 1) * dimension])
    UnsafeMutableRawBufferPointer(row).copyMemory(from: vector)
    try check(UnsafeBufferPointer(row))
    ids.append(id)
  }

  /// Makes room again.
  mutating func removeAll() { ids.removeAll(keepingCapacity: true) }

  /// How many rows are 64 MB at most, and no more than 16,384: what is read or added at once while others wait.
  static func step(_ dimension: Int) -> Int { max(1, min(16_384, 16_777_216 / dimension)) }
}
