/// The header of a NumPy array file, versions 1 to 3.
///
/// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
struct NPYHeader {
  /// The kinds of number that are read.
  enum Kind: String {
    case float16 = "<f2"
    case float32 = "<f4"
    case float64 = "<f8"

    var bytes: Int {
      switch self {
      case .float16: 2
      case .float32: 4
      case .float64: 8
      }
    }
  }

  var kind: Kind
  /// Rows; an array of one dimension is one row.
  var rows: Int
  /// Values in a row.
  var columns: Int

  /// Reads the header at the beginning of `source`, which is then at the first value.
  init(_ source: ByteSource) throws {
    func refuse(_ reason: String) -> VectorFileError { VectorFileError(path: source.path, reason: reason) }
    guard let start = try source.take(8), start.prefix(6).elementsEqual([0x93] + Array("NUMPY".utf8)) else {
      throw refuse("is not an .npy file: save an array with numpy.save")
    }
    let version = start[6]
    guard (1...3).contains(version) else {
      throw refuse("is version \(version) of .npy, and 1 to 3 are known: save it with numpy.save")
    }
    guard let sizeBytes = try source.take(version == 1 ? 2 : 4) else { throw refuse("ends inside its header") }
    let size = sizeBytes.enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
    guard size <= 1 << 20 else { throw refuse("claims a header of \(size) bytes: it is damaged") }
    guard let header = try source.take(size) else { throw refuse("ends inside its header") }
    var literal = PythonLiteral(Array(header))
    guard let fields = literal.dictionary() else { throw refuse("has a header that is no Python dictionary") }
    if case .some(.boolean(true)) = fields["fortran_order"] {
      throw refuse("is in Fortran order: save numpy.ascontiguousarray(x), whose rows lie one after the other")
    }
    guard case .some(.text(let type)) = fields["descr"], let kind = Kind(rawValue: type) else {
      var name = ""
      if case .some(.text(let type)) = fields["descr"] { name = " ('\(VectorFileError.shown(type))')" }
      throw refuse("does not hold little-endian floats\(name): save x.astype('<f4')")
    }
    guard case .some(.boolean(false)) = fields["fortran_order"], case .some(.tuple(let shape)) = fields["shape"] else {
      throw refuse("has a header without a usable shape: it is damaged")
    }
    guard shape.count == 1 || shape.count == 2, let columns = shape.last else {
      throw refuse("has the shape \(shape): vectors are the rows of a table, [n, dimension]")
    }
    let rows = shape.count == 2 ? shape[0] : 1
    guard (1...VectorFile.largestDimension).contains(columns) else {
      throw refuse("has rows of \(columns) values: a vector has 1 to \(VectorFile.largestDimension)")
    }
    let (bytes, isTooLarge) = rows.multipliedReportingOverflow(by: columns * kind.bytes)
    guard !isTooLarge else { throw refuse("claims \(rows) rows, more than a file can hold: it is damaged") }
    if let held = source.size, held - source.offset != bytes {
      let what = held - source.offset < bytes ? "is cut short" : "is longer than it says"
      throw refuse(
        "\(what): \(rows) rows of \(columns) values take \(bytes) bytes, and \(held - source.offset) are there")
    }
    self.kind = kind
    self.rows = rows
    self.columns = columns
  }
}

/// As much of Python as the header of an array file is written in.
private struct PythonLiteral {
  enum Value {
    case text(String)
    case boolean(Bool)
    case tuple([Int])
    case other
  }

  private let bytes: [UInt8]
  private var index = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// `{'name': value, …}`; nil where it is anything else.
  mutating func dictionary() -> [String: Value]? {
    guard take("{") else { return nil }
    var fields: [String: Value] = [:]
    while !take("}") {
      guard let key = text(), take(":"), let value = value(), fields[key] == nil else { return nil }
      fields[key] = value
      if !take(",") {
        guard take("}") else { return nil }
        break
      }
    }
    skipSpace()
    return index == bytes.count ? fields : nil
  }

  private mutating func value() -> Value? {
    if let text = text() { return .text(text) }
    if take("True") { return .boolean(true) }
    if take("False") { return .boolean(false) }
    if take("(") {
      var numbers: [Int] = []
      while !take(")") {
        guard numbers.count < 32, let number = number() else { return nil }
        numbers.append(number)
        if !take(",") {
          guard take(")") else { return nil }
          break
        }
      }
      return .tuple(numbers)
    }
    // The fields of a structured array: nothing that is read.
    guard take("[") else { return nil }
    while index < bytes.count, bytes[index] != UInt8(ascii: "]") { index += 1 }
    return take("]") ? .other : nil
  }

  private mutating func number() -> Int? {
    skipSpace()
    var value: Int?
    while index < bytes.count, bytes[index] &- UInt8(ascii: "0") < 10 {
      let (tens, isLarge) = (value ?? 0).multipliedReportingOverflow(by: 10)
      let (sum, isLarger) = tens.addingReportingOverflow(Int(bytes[index] - UInt8(ascii: "0")))
      if isLarge || isLarger { return nil }
      value = sum
      index += 1
    }
    // Python 2 marked long numbers.
    if value != nil { _ = take("L") }
    return value
  }

  private mutating func text() -> String? {
    skipSpace()
    guard index < bytes.count, bytes[index] == UInt8(ascii: "'") || bytes[index] == UInt8(ascii: "\"") else {
      return nil
    }
    guard let end = bytes[(index + 1)...].firstIndex(of: bytes[index]) else { return nil }
    defer { index = end + 1 }
    return String(decoding: bytes[index + 1..<end], as: UTF8.self)
  }

  private mutating func take(_ word: String) -> Bool {
    skipSpace()
    guard bytes[index...].starts(with: word.utf8) else { return false }
    index += word.utf8.count
    return true
  }

  private mutating func skipSpace() {
    while index < bytes.count, [32, 9, 10, 13].contains(bytes[index]) { index += 1 }
  }
}
