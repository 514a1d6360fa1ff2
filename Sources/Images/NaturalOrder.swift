/// The order people expect of numbered names: runs of digits compare as numbers, so `s2` comes before `s10`.
enum NaturalOrder {
  /// Whether `a` comes before `b`; names that differ only in leading zeros compare by their bytes.
  static func precedes(_ a: String, _ b: String) -> Bool {
    let (x, y) = (Array(a.utf8), Array(b.utf8))
    var (i, j) = (0, 0)
    while i < x.count, j < y.count {
      let (left, right) = (number(in: x, at: i), number(in: y, at: j))
      if let left, let right {
        if left.digits.count != right.digits.count { return left.digits.count < right.digits.count }
        if left.digits != right.digits { return left.digits.lexicographicallyPrecedes(right.digits) }
        (i, j) = (left.end, right.end)
      } else if x[i] != y[j] {
        return x[i] < y[j]
      } else {
        i += 1
        j += 1
      }
    }
    if x.count - i != y.count - j { return x.count - i < y.count - j }
    return x.lexicographicallyPrecedes(y)
  }

  /// The run of digits at `start` without its leading zeros, and where it ends.
  private static func number(in name: [UInt8], at start: Int) -> (digits: ArraySlice<UInt8>, end: Int)? {
    let run = name[start...].prefix { (0x30...0x39).contains($0) }
    return run.isEmpty ? nil : (run.drop { $0 == 0x30 }, run.endIndex)
  }
}
