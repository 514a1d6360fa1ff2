import Digests
import Foundation
import GRDB

/// Looks at every row.
struct RowCheck {
  let path: String
  let db: Database
  /// Whether the file is of a version with checksums.
  private let hasChecksums: Bool
  /// The embeddings of the gallery's embedder whose vectors are sound.
  private(set) var sound: [Int64] = []
  /// How many embeddings belong to other embedders.
  private var others = 0

  init(path: String, db: Database) throws {
    self.path = path
    self.db = db
    hasChecksums = try db.integer("PRAGMA user_version") >= 2
  }

  private var remove: String { "likeness doctor \(path) --fix removes it, after a copy" }

  func embedders() throws -> Verification.Check {
    var check = Verification.Check("embedders")
    var count = 0
    let rows = try RawStatement(
      db,
      """
      SELECT id, name, dimension, metric, sha256, model, iif(json_valid(card), json_type(card) = 'object', 0),
             julianday(created_at) FROM embedder ORDER BY id
      """)
    while try rows.step() {
      count += 1
      let id = rows.integer(0)
      let subject = "embedder \(id) (\"\(GalleryError.shortened(rows.text(1) ?? ""))\")"
      func add(_ what: String, mend: String = "correct it with sqlite3") {
        check.add("\(subject) \(what)", table: "embedder", row: id, mend: mend)
      }
      if let reason = Self.fault(ofName: rows.text(1)) { add(reason) }
      if !(1...65_536).contains(rows.integer(2)) { add("has the dimension \(rows.integer(2))") }
      if Metric(rawValue: rows.text(3) ?? "") == nil { add("has the metric \"\(rows.text(3) ?? "NULL")\"") }
      if let model = rows.blob(5) {
        let digest = Digest.of(model)
        if digest != rows.text(4) {
          add(
            "has a model whose SHA-256 is \(digest.prefix(12))…, not \(rows.text(4)?.prefix(12) ?? "NULL")…",
            mend: "restore it from a backup: vectors of another model are not comparable")
        }
      }
      if rows.integer(6) != 1 { add("has a card that is no JSON object") }
      if rows.isNull(7) { add("has a created_at that is no time") }
    }
    return check.concluded(
      "\(counted(count, "embedder")) sound, each model as its SHA-256 says",
      { "\(counted($0, "thing is", "things are")) wrong with embedders" }
    )
  }

  func identities() throws -> Verification.Check {
    var check = Verification.Check("identities")
    var count = 0
    let rows = try RawStatement(
      db,
      """
      SELECT id, name, iif(json_valid(attributes), json_type(attributes) = 'object', 0), julianday(created_at), attributes
      FROM identity ORDER BY id
      """)
    var last: Int64?
    while try rows.step() {
      count += 1
      let id = try rows.id(0, after: last)
      last = id
      func add(_ what: String) {
        check.add(
          "identity \(id) (\"\(GalleryError.shortened(rows.text(1) ?? ""))\") \(what)", table: "identity", row: id,
          mend: "correct it with sqlite3, or: likeness forget")
      }
      if let reason = Self.fault(ofName: rows.text(1)) {
        add(reason)
      } else if !Name.composed(rows.text(1) ?? "").utf8.elementsEqual(rows.rawBytes(1)) {
        check.add(
          "identity \(id) (\"\(GalleryError.shortened(rows.text(1) ?? ""))\") has a name that is no composed UTF-8 (NFC), so that "
            + "nobody may find it",
          table: "identity", row: id, mend: "UPDATE identity SET name = '…' WHERE id = \(id), with sqlite3")
      }
      if rows.integer(2) != 1 {
        add("has attributes that are no JSON object")
      } else if let fault = Attributes.fault(rows.text(4) ?? "{}") {
        add("has attributes that \(fault)")
      }
      if rows.isNull(3) { add("has a created_at that is no time") }
    }
    try lookAtLastID(of: "identity", &check)
    return check.concluded(
      "\(counted(count, "identity", "identities")) sound: names, attributes, times",
      { "\(counted($0, "thing is", "things are")) wrong with identities" })
  }

  /// The embeddings, and the checksums of their vectors.
  mutating func embeddings(progress: (Int) -> Void) throws -> [Verification.Check] {
    var check = Verification.Check("embeddings")
    var checksums = Verification.Check("checksums")
    let makers = try Self.makers(db)
    let main = makers.keys.min()
    var (count, checked) = (0, 0)
    others = 0
    let rows = try RawStatement(
      db,
      """
      SELECT id, embedder_id, vector, \(hasChecksums ? "crc32" : "NULL"),
             iif(json_valid(attributes), json_type(attributes) = 'object', 0), julianday(created_at),
             source_sha256 IS NULL OR (source_sha256 NOT GLOB '*[^0-9a-f]*' AND length(source_sha256) = 64), quality,
             attributes
      FROM embedding ORDER BY id
      """)
    var last: Int64?
    while try rows.step() {
      let id = try rows.id(0, after: last)
      last = id
      count += 1
      if count % 16_384 == 0 { progress(count) }
      let maker = rows.integer(1)
      let blob = rows.blob(2)
      var isSearchable = true
      func add(_ what: String, _ mend: String, fixable: Bool = false) {
        check.add("\(subject(id)) \(what)", table: "embedding", row: id, mend: mend, fixable: fixable)
      }
      if let embedder = makers[maker] {
        if let fault = VectorFault.find(inRow: blob, embedder: embedder) {
          add(fault.sentence(embedder: embedder), "\(remove); or enroll it again", fixable: true)
          isSearchable = false
        }
      }
      if rows.integer(4) != 1 {
        add("has attributes that are no JSON object", "correct it with sqlite3")
      } else if let fault = Attributes.fault(rows.text(8) ?? "{}") {
        add("has attributes that \(fault)", "correct it with sqlite3")
      }
      if rows.isNull(5) { add("has a created_at that is no time", "correct it with sqlite3") }
      if rows.integer(6) != 1 { add("has a source_sha256 that is none", "correct it with sqlite3") }
      if let quality = rows.number(7), !quality.isFinite {
        add("has the quality \(quality)", "correct it with sqlite3")
      }
      if !rows.isNull(3), let blob {
        checked += 1
        if Int64(CRC32.of(blob)) != rows.integer(3) {
          checksums.add(
            "\(subject(id)) has other bytes than were enrolled: its CRC-32 does not agree", table: "embedding", row: id,
            mend:
              "restore it from a backup, or enroll it again; if it was meant, UPDATE embedding SET crc32 = NULL with sqlite3"
          )
        }
      }
      if maker != main { others += 1 } else if isSearchable { sound.append(id) }
    }
    progress(count)
    try lookAtLastID(of: "embedding", &check)
    let other = others == 0 ? "" : "; \(others) of other embedders, which are not searched"
    let unchecked = count - checked
    return [
      check.concluded(
        "\(counted(count, "embedding")) sound: length, finite values, norm, embedder, attributes, times\(other)",
        { "\(counted($0, "thing is", "things are")) wrong with \(counted(count, "embedding"))\(other)" }),
      checksums.concluded(
        "\(checked) vectors have the bytes they were enrolled with (CRC-32)"
          + (unchecked == 0 ? "" : "; \(unchecked) came without a checksum (likeness compact gives them one)"),
        { "\(counted($0, "vector")) of \(checked) changed since they were enrolled" }),
    ]
  }

  /// That embeddings of other embedders are there, which no query finds, and what can be done about it; nil where there
  /// are none.
  func remarkOnOthers() throws -> String? {
    guard others > 0, let own = try EmbedderRow.stored(in: db) else { return nil }
    let name = "\"\(GalleryError.shortened(own.name))\", number \(own.id)"
    let what =
      "\(counted(others, "embedding")) \(others == 1 ? "belongs" : "belong") to another embedder than the gallery's "
      + "(\(name): the lowest number), and no query finds \(others == 1 ? "it" : "them")"
    let isEmpty = try db.integer("SELECT NOT EXISTS (SELECT 1 FROM embedding WHERE embedder_id = ?)", own.id) == 1
    return what
      + (isEmpty
        ? "; the gallery's own has none: if the other is meant, DELETE FROM embedder WHERE id = \(own.id), with sqlite3"
        : ": enroll their inputs again with the gallery's, or delete them with sqlite3")
  }

  func training() throws -> Verification.Check {
    var check = Verification.Check("training")
    let runs = try db.integer("SELECT count(*) FROM training_run")
    let epochs = try db.integer("SELECT count(*) FROM training_epoch")
    let rows = try RawStatement(
      db,
      """
      SELECT id, NULL, NOT json_valid(configuration) OR (result IS NOT NULL AND NOT json_valid(result)),
             julianday(started_at) IS NULL OR (finished_at IS NOT NULL AND julianday(finished_at) IS NULL)
        FROM training_run
      UNION ALL SELECT run_id, epoch, NOT json_valid(metrics), 0 FROM training_epoch
      """)
    while try rows.step() {
      let subject =
        rows.isNull(1)
        ? "training run \(rows.integer(0))" : "epoch \(rows.integer(1)) of training run \(rows.integer(0))"
      if rows.integer(2) == 1 {
        check.add(
          "\(subject) holds text that is no JSON", table: "training_run", row: rows.integer(0),
          mend: "correct it with sqlite3")
      }
      if rows.integer(3) == 1 {
        check.add(
          "\(subject) holds a time that is none", table: "training_run", row: rows.integer(0),
          mend: "correct it with sqlite3")
      }
    }
    return check.concluded(
      "\(counted(Int(runs), "training run")) with \(counted(Int(epochs), "epoch")) readable",
      { "\(counted($0, "thing is", "things are")) wrong with training runs" })
  }

  // MARK: -

  private func lookAtLastID(of table: String, _ check: inout Verification.Check) throws {
    guard try LastID.tables(in: db).contains(table) else { return }
    check.add(
      "row \(Int64.max) of \(table) has, or had, the last id there is, so that no other row can be stored",
      table: table,
      row: .max, mend: "likeness doctor \(path) --fix", fixable: true)
  }

  private func subject(_ id: Int64) -> String { Self.subject(id, in: db) }

  /// An embedding as a person knows it.
  static func subject(_ id: Int64, in db: Database) -> String {
    do {
      let row = try RawStatement(
        db, "SELECT i.name, e.source FROM embedding AS e LEFT JOIN identity AS i ON i.id = e.identity_id WHERE e.id = ?"
      )
      try row.bind(id, at: 1)
      guard try row.step() else { return "embedding \(id)" }
      let parts = [row.text(0), row.text(1)].compactMap { $0 }.map { GalleryError.shortened($0) }
      return parts.isEmpty ? "embedding \(id)" : "embedding \(id) (\(parts.joined(separator: ", ")))"
    } catch {
      return "embedding \(id)"
    }
  }

  private static func makers(_ db: Database) throws -> [Int64: EmbedderRow] {
    var makers: [Int64: EmbedderRow] = [:]
    let rows = try RawStatement(db, "SELECT id, name, dimension, metric FROM embedder ORDER BY id")
    while try rows.step() {
      let dimension = Int(rows.integer(2))
      guard let metric = Metric(rawValue: rows.text(3) ?? ""), (1...65_536).contains(dimension) else { continue }
      makers[rows.integer(0)] = EmbedderRow(
        id: rows.integer(0), name: rows.text(1) ?? "", dimension: dimension, metric: metric)
    }
    return makers
  }

  /// What is wrong with a stored name.
  private static func fault(ofName name: String?) -> String? {
    guard let name else { return "has no name" }
    if name.utf8.contains(0) { return "has a NUL in its name" }
    if name.allSatisfy(\.isWhitespace) { return "has an empty name" }
    return nil
  }
}
