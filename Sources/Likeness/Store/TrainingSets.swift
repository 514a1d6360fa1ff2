import Foundation
import GRDB

/// The table `training_member`: whom models were trained on.
enum TrainingSets {
  /// The models that were trained on an identity of this gallery, by the gallery's own notes and by the cards of its
  /// embedders.
  static func models(trainedOn identity: IdentityID, named name: String, in db: Database) throws
    -> [ForgetReceipt.Model]
  {
    let hash = TrainingStart.hash(ofName: name)
    var models: [ForgetReceipt.Model] = []
    let runs = try RawStatement(
      db,
      """
      SELECT r.id, ifnull(m.name, r.model_name), ifnull(m.sha256, r.model_sha256), r.recipe
      FROM training_member AS p JOIN training_run AS r ON r.id = p.run_id LEFT JOIN embedder AS m ON m.id = r.embedder_id
      WHERE p.identity_id = ? OR p.name_sha256 = ? GROUP BY r.id ORDER BY r.id
      """)
    try runs.bind(identity.rawValue, at: 1)
    try runs.bind(hash, at: 2)
    while try runs.step() {
      models.append(
        ForgetReceipt.Model(
          name: runs.text(1) ?? "\(runs.text(3) ?? "a model") of training \(runs.integer(0))", sha256: runs.text(2),
          evidence: "training \(runs.integer(0)) in this gallery"))
    }
    let subject = TrainingStart.hash(ofName: subject(ofStream: name))
    // A model of words is its words' vectors, those that are enrolled.
    let embedders = try RawStatement(
      db,
      """
      SELECT name, sha256, card, kind, model IS NOT NULL AND EXISTS (
        SELECT 1 FROM (SELECT vector FROM embedding WHERE identity_id = ? ORDER BY id LIMIT 4) AS e
        WHERE instr(model, e.vector) > 0)
      FROM embedder ORDER BY id
      """)
    try embedders.bind(identity.rawValue, at: 1)
    while try embedders.step() {
      let (known, sha256, card) = (embedders.text(0) ?? "", embedders.text(1), embedders.text(2) ?? "")
      let isListed = holds(card, hash) || embedders.text(3) == "series" && holds(card, subject)
      let isWithin = embedders.integer(4) == 1
      guard isListed || isWithin else { continue }
      if !isWithin, models.contains(where: { $0.sha256 != nil && $0.sha256 == sha256 }) { continue }
      let evidence =
        isWithin ? "its file, which this gallery keeps, has a vector of it" : "its model card, in this gallery"
      models.append(ForgetReceipt.Model(name: known, sha256: sha256, evidence: evidence))
    }
    return models
  }

  /// Whom a stream is of: its file's name up to the first `_`, as models of series take it.
  private static func subject(ofStream name: String) -> String {
    String((name.split(separator: "/").last ?? "").prefix { $0 != "_" })
  }

  /// Whether a model card holds the hash of a name, wherever in it that is, or lists the beginning of it, its own or of the
  /// model that it was trained from.
  private static func holds(_ card: String, _ hash: String) -> Bool {
    if card.contains("\"\(hash)\"") { return true }
    // Of many identities a card has the first six bytes of each hash, in base64: eight characters each.
    guard card.contains(prefixesKey), let prefix = prefix(ofHash: hash),
      let listing = try? JSONDecoder().decode(Listing.self, from: Data(card.utf8))
    else { return false }
    return [listing.identitiesSHA256Prefixes, listing.parent?.identitiesSHA256Prefixes].contains { text in
      text.map { lists(Array($0.utf8), prefix) } ?? false
    }
  }

  private static let prefixesKey = "identitiesSHA256Prefixes"
  private static let prefixLength = 8

  private struct Listing: Decodable {
    struct Parent: Decodable { var identitiesSHA256Prefixes: String? }
    var identitiesSHA256Prefixes: String?
    var parent: Parent?
  }

  private static func lists(_ text: [UInt8], _ prefix: [UInt8]) -> Bool {
    stride(from: 0, to: text.count - text.count % prefixLength, by: prefixLength).contains {
      text[$0..<$0 + prefixLength].elementsEqual(prefix)
    }
  }

  private static func prefix(ofHash hash: String) -> [UInt8]? {
    let digits = Array(hash.prefix(12))
    let bytes = stride(from: 0, to: digits.count - 1, by: 2).compactMap {
      UInt8(String(digits[$0...$0 + 1]), radix: 16)
    }
    return bytes.count == 6 ? Array(Data(bytes).base64EncodedString().utf8) : nil
  }

  /// Removes an identity from all training sets; from how many.
  static func remove(_ identity: IdentityID, named name: String, in db: Database) throws -> Int {
    let deletion = try RawStatement(db, "DELETE FROM training_member WHERE identity_id = ? OR name_sha256 = ?")
    try deletion.bind(identity.rawValue, at: 1)
    try deletion.bind(TrainingStart.hash(ofName: name), at: 2)
    try deletion.run()
    return db.changesCount
  }

  /// Keeps who the members called `name` are, before that name goes: `identity`.
  static func hold(_ name: String, as identity: IdentityID, in db: Database) throws {
    let update = try RawStatement(
      db, "UPDATE training_member SET identity_id = ? WHERE name_sha256 = ? AND identity_id IS NULL")
    try update.bind(identity.rawValue, at: 1)
    try update.bind(TrainingStart.hash(ofName: name), at: 2)
    try update.run()
  }

  /// Makes the members that were `identity` be `other`.
  static func move(_ identity: IdentityID, to other: IdentityID, in db: Database) throws {
    try db.execute(
      sql: "UPDATE training_member SET identity_id = ? WHERE identity_id = ?",
      arguments: [other.rawValue, identity.rawValue])
  }
}
