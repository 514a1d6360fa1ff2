extension SIMD4<Float> {
  /// The least of the four: `min()` of the standard library is a call, too much in a loop over rows.
  @inline(__always)
  var least: Float { Swift.min(Swift.min(self[0], self[1]), Swift.min(self[2], self[3])) }
}
