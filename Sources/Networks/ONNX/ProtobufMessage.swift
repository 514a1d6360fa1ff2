import Foundation

/// The bytes of a protobuf message, field by field: varints, fixed 32-bit numbers, and what has a length.
struct ProtobufMessage {
  private(set) var bytes = Data()

  /// A whole number; negative ones in ten bytes, as the format has it.
  mutating func add(_ field: Int, _ value: Int) {
    varint(UInt64(field) << 3)
    varint(UInt64(bitPattern: Int64(value)))
  }

  /// A float32.
  mutating func add(_ field: Int, _ value: Float) {
    varint(UInt64(field) << 3 | 5)
    withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
  }

  /// A text.
  mutating func add(_ field: Int, _ text: String) {
    add(field, Data(text.utf8))
  }

  /// A message within this one.
  mutating func add(_ field: Int, _ message: ProtobufMessage) {
    add(field, message.bytes)
  }

  /// Bytes.
  mutating func add(_ field: Int, _ data: Data) {
    varint(UInt64(field) << 3 | 2)
    varint(UInt64(data.count))
    bytes.append(data)
  }

  /// Whole numbers, one after the other in one field.
  mutating func add(_ field: Int, packed values: [Int]) {
    var inner = ProtobufMessage()
    for value in values { inner.varint(UInt64(bitPattern: Int64(value))) }
    add(field, inner)
  }

  private mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}
