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
      let isNumber = attributes.values.contains { holdsNoNumber($0, levels: 100) }
      throw GalleryError.invalidArgument(
        reason: isNumber
          ? "these attributes hold a number that JSON does not know (NaN or infinity): use null or a string"
          : "these attributes have too many lists and objects within each other to be written as JSON: a hundred levels "
            + "are safe")
    }
  }

  /// Whether a number is in a value, so many levels deep, that JSON does not know.
  private static func holdsNoNumber(_ value: JSONValue, levels: Int) -> Bool {
    guard levels > 0 else { return false }
    return switch value {
    case .number(let number): !number.isFinite
    case .array(let values): values.contains { holdsNoNumber($0, levels: levels - 1) }
    case .object(let members): members.values.contains { holdsNoNumber($0, levels: levels - 1) }
    default: false
    }
  }

  /// The attributes of a column. A value that SQLite takes and nobody can read (`1e999`, half of a surrogate pair) is the
  /// string of its own text.
  static func values(_ text: String) -> [String: JSONValue] {
    if text == "{}" { return [:] }
    if let values = decoded(text, as: [String: JSONValue].self) { return values }
    let members = (JSONMembers(text)?.members ?? []).map { member in
      (member.key, decoded("[\(member.value)]", as: [JSONValue].self)?.first ?? .string(String(member.value)))
    }
    return Dictionary(members, uniquingKeysWith: { $1 })
  }

  /// Why a text cannot be attributes, as the rest of a sentence; nil where it can.
  static func fault(_ text: String) -> String? {
    if text == "{}" || decoded(text, as: [String: JSONValue].self) != nil { return nil }
    guard let members = JSONMembers(text)?.members else { return "are no JSON object" }
    let bad = members.first { decoded("[\($0.value)]", as: [JSONValue].self) == nil }
    return
      "have \(bad.map { "under \"\(GalleryError.shortened($0.key))\"" } ?? "somewhere") what cannot be read: a number beyond "
      + "the largest, half of a surrogate pair, more than a hundred levels, or no JSON"
  }

  /// Two objects as one, each member to the letter; where both have one, that of `own` stays.
  ///
  /// - Returns: nil where there is nothing to add.
  static func merged(_ own: String, adding other: String) -> String? {
    guard let others = JSONMembers(other)?.members, !others.isEmpty else { return nil }
    guard let mine = JSONMembers(own)?.members, !mine.isEmpty else { return other }
    let keys = Set(mine.map(\.key))
    let added = others.filter { !keys.contains($0.key) }
    if added.isEmpty { return nil }
    return "{" + (mine + added).map { "\($0.name):\($0.value)" }.joined(separator: ",") + "}"
  }

  private static func decoded<T: Decodable>(_ text: String, as type: T.Type) -> T? {
    try? JSONDecoder().decode(type, from: Data(text.utf8))
  }
}
