import Foundation

/// A JSON value for printing, with the digits of whole numbers beyond 64 bits, which ``JSONValue`` rounds.
enum ExactJSON {
  case null
  case bool(Bool)
  case integer(Int64)
  /// Up to 38 digits.
  case long(Decimal)
  case number(Double)
  case string(String)
  case array([ExactJSON])
  case object([String: ExactJSON])

  /// nil for what cannot be read.
  init?(_ text: String) {
    guard let value = try? JSONDecoder().decode(ExactJSON.self, from: Data(text.utf8)) else { return nil }
    self = value
  }

  /// The members of an object; none of anything else.
  var members: [String: ExactJSON] {
    if case .object(let members) = self { members } else { [:] }
  }

  /// The value for reading in a terminal: a string without its quotes, anything else as JSON.
  var text: String {
    if case .string(let text) = self { return text }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "\(self)"
  }
}

extension ExactJSON: Codable {
  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Int64.self) {
      self = .integer(value)
    } else if let value = try? container.decode(Double.self) {
      let isLong = value == value.rounded() && abs(value) >= 0x1p63 && abs(value) < 1e38
      let digits = isLong ? try? container.decode(Decimal.self) : nil
      self = digits.map { .long($0) } ?? .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([ExactJSON].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: ExactJSON].self))
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .bool(let value): try container.encode(value)
    case .integer(let value): try container.encode(value)
    case .long(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .string(let value): try container.encode(value)
    case .array(let value): try container.encode(value)
    case .object(let value): try container.encode(value)
    }
  }
}
