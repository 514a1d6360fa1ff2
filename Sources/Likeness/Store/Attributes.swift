import Foundation

/// Attributes as the JSON text that a column holds.
enum Attributes {
  static func text(_ attributes: [String: JSONValue]) throws -> String {
    if attributes.isEmpty { return "{}" }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return String(decoding: try encoder.encode(attributes), as: UTF8.self)
    } catch {
      throw GalleryError.invalidArgument(
        reason: "these attributes hold a number that JSON does not know (NaN or infinity): use null or a string")
    }
  }

  /// The attributes of a column; what another hand stored and nobody can read is empty.
  static func values(_ text: String) -> [String: JSONValue] {
    if text == "{}" { return [:] }
    return (try? JSONDecoder().decode([String: JSONValue].self, from: Data(text.utf8))) ?? [:]
  }
}
