/// Memory for float32 values, aligned to a cache line, zero when made.
///
/// Hot loops work on `base`: a class property holding an `Array` costs uniqueness and exclusivity checks on every
/// access.
final class FloatBuffer: @unchecked Sendable {
  let base: UnsafeMutablePointer<Float>
  let count: Int

  init(count: Int) {
    self.count = count
    let bytes = max(count, 1) * MemoryLayout<Float>.stride
    base = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64).bindMemory(
      to: Float.self, capacity: max(count, 1))
    base.initialize(repeating: 0, count: max(count, 1))
  }

  convenience init(copying other: FloatBuffer) {
    self.init(count: other.count)
    base.update(from: other.base, count: other.count)
  }

  deinit {
    base.deallocate()
  }

  /// This buffer where it is large enough, else a new one; the contents do not survive.
  static func reserve(_ buffer: inout FloatBuffer, count: Int) {
    if buffer.count < count { buffer = FloatBuffer(count: count) }
  }
}
