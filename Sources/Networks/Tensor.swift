/// A dense, row-major float32 array with a shape: the last dimension is contiguous.
///
/// A tensor is a value. Copies share their memory until one of them is written to.
///
///     var batch = Tensor(shape: [2, 3])
///     batch.withUnsafeMutableBufferPointer { $0[5] = 1 }   // row 1, column 2
public struct Tensor: Sendable {
  /// The number of elements along each dimension, slowest first.
  public let shape: [Int]

  private var storage: FloatBuffer

  /// The number of elements: the product of `shape`.
  public var count: Int { storage.count }

  /// A tensor of zeros.
  ///
  /// - Precondition: no dimension is negative and the product does not overflow.
  public init(shape: [Int]) {
    self.shape = shape
    let count = shape.reduce(1) { product, dimension in
      precondition(dimension >= 0, "a tensor's dimensions cannot be negative")
      return product * dimension
    }
    storage = FloatBuffer(count: count)
  }

  /// A tensor holding `values` in row-major order.
  ///
  /// - Precondition: `values.count` is the product of `shape`.
  public init(shape: [Int], values: [Float]) {
    self.init(shape: shape)
    precondition(values.count == count, "\(values.count) values do not fill shape \(shape)")
    values.withUnsafeBufferPointer { source in
      if let from = source.baseAddress { storage.base.update(from: from, count: source.count) }
    }
  }

  /// The elements in row-major order, copied.
  public var values: [Float] {
    Array(UnsafeBufferPointer(start: storage.base, count: count))
  }

  /// Calls `body` with the elements in row-major order.
  public func withUnsafeBufferPointer<Result>(
    _ body: (UnsafeBufferPointer<Float>) throws -> Result
  ) rethrows -> Result {
    try withExtendedLifetime(storage) {
      try body(UnsafeBufferPointer(start: storage.base, count: count))
    }
  }

  /// Calls `body` with the elements in row-major order, for writing; other copies of this tensor keep their values.
  public mutating func withUnsafeMutableBufferPointer<Result>(
    _ body: (UnsafeMutableBufferPointer<Float>) throws -> Result
  ) rethrows -> Result {
    if !isKnownUniquelyReferenced(&storage) {
      let copy = FloatBuffer(count: storage.count)
      copy.base.update(from: storage.base, count: storage.count)
      storage = copy
    }
    return try withExtendedLifetime(storage) {
      try body(UnsafeMutableBufferPointer(start: storage.base, count: count))
    }
  }

  /// The same elements under another shape.
  ///
  /// - Precondition: both shapes have the same number of elements.
  public func reshaped(to shape: [Int]) -> Tensor {
    Tensor(shape: shape, storage: storage)
  }

  private init(shape: [Int], storage: FloatBuffer) {
    precondition(shape.reduce(1, *) == storage.count, "shape \(shape) does not have \(storage.count) elements")
    self.shape = shape
    self.storage = storage
  }
}

extension Tensor: Equatable {
  /// Whether shapes and bit patterns agree: NaN equals the same NaN, and 0 differs from -0.
  public static func == (left: Tensor, right: Tensor) -> Bool {
    guard left.shape == right.shape else { return false }
    if left.storage === right.storage { return true }
    for i in 0..<left.count where left.storage.base[i].bitPattern != right.storage.base[i].bitPattern { return false }
    return true
  }
}
