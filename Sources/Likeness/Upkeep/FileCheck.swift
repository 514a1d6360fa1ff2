import Files
import Foundation
import GRDB

/// Looks at a gallery as a file: pages, references, schema, write-ahead log, erasure.
struct FileCheck {
  let path: String
  let db: Database

  /// `PRAGMA integrity_check`; row constraints too.
  func pages() -> Verification.Check {
    var check = Verification.Check("pages")
    var count: Int64 = 0
    do {
      count = try db.integer("PRAGMA page_count")
      for line in try Integrity.faults(in: db) { check.add("SQLite finds: \(line)", mend: mend(line)) }
    } catch {
      check.add("SQLite cannot read all pages: \(Self.sentence(error))", mend: restore)
    }
    return check.concluded(
      "SQLite finds nothing wrong with any of the \(count) pages, their records and indexes (integrity_check)",
      { "SQLite finds \(counted($0, "fault")) in the pages (integrity_check)" })
  }

  /// `PRAGMA foreign_key_check`.
  func references() throws -> Verification.Check {
    var check = Verification.Check("references")
    let lines = try RawStatement(db, "PRAGMA foreign_key_check")
    while try lines.step() {
      let (table, parent) = (lines.text(0) ?? "?", lines.text(2) ?? "?")
      let row = lines.isNull(1) ? nil : lines.integer(1)
      let isOurs = Self.mended.contains(table)
      check.add(
        "\(table)\(row.map { " \($0)" } ?? "") refers to a row of \(parent) that is not there", table: table, row: row,
        mend: isOurs ? "likeness doctor \(path) --fix takes it out, after a copy" : "correct it with sqlite3",
        fixable: isOurs)
    }
    return check.concluded(
      "every reference leads to a row (foreign_key_check)",
      { "\(counted($0, "reference leads", "references lead")) nowhere" })
  }

  /// Where references that lead nowhere are taken out.
  private static let mended: Set = ["embedding", "training_run", "training_epoch", "training_member"]

  /// Tables, indexes, triggers and views beside what schema/ says.
  func schema() throws -> Verification.Check {
    var check = Verification.Check("schema")
    let version = try db.integer("PRAGMA user_version")
    guard version <= GalleryFile.supportedVersion else {
      return Verification.Check(
        "schema", "schema version \(version) is newer than this library, and not looked at", outcome: .skipped)
    }
    let restorable = try Set(ExpectedSchema.restorable(in: db))
    let present = try Set(ExpectedSchema.added(in: db).map(\.name) + Self.names(db))
    for entry in try ExpectedSchema.missing(in: db) {
      let state = present.contains(entry.name) ? "is not as schema version \(version) defines it" : "is missing"
      check.add(
        "the \(entry.type) \(entry.name) \(state)",
        mend: restorable.contains(entry)
          ? "likeness doctor \(path) --fix puts it back\(entry.type == "table" ? ", empty" : "")"
          : "nothing does by itself: see .schema \(entry.name) in sqlite3, or restore a backup",
        fixable: restorable.contains(entry))
    }
    let added = try ExpectedSchema.added(in: db).map { "\($0.type) \($0.name)" }
    let others = added.isEmpty ? "" : "; others added: \(added.prefix(5).joined(separator: ", "))"
    return check.concluded(
      "tables, indexes, triggers and views are those of schema version \(version)\(others)",
      { "\(counted($0, "part", "parts")) of schema version \(version) missing or altered\(others)" })
  }

  /// Whether forgotten bytes may be in the file still.
  func erasure() throws -> Verification.Check {
    var check = Verification.Check("erasure")
    if let since = try db.text("SELECT since FROM erasure") {
      check.add(
        "bytes of vectors deleted since \(since) may still be in the file: they could not be overwritten",
        mend: (LockHolder.readers(of: path, others: true).map { "end the programs that have it open (\($0)), then: " }
          ?? "")
          + "likeness doctor \(path) --fix, or likeness compact \(path)", fixable: true)
    }
    return check.concluded("no erasure is pending", { _ in "an erasure is pending" })
  }

  /// The write-ahead log and the change log; both only grow too large, never wrong.
  func log() throws -> Verification.Check {
    let pages = try db.integer("PRAGMA page_size")
    let bytes = DurableFile.size(path + "-wal") ?? 0
    let changes = try db.integer("SELECT count(*) FROM change")
    var check = Verification.Check("log")
    let last = try db.integer("SELECT ifnull(max(sequence), 0) FROM change")
    let counter = try db.integer("SELECT ifnull((SELECT seq FROM sqlite_sequence WHERE name = 'change'), 0)")
    if last > counter {
      check.add(
        "the change log holds number \(last), beyond its counter \(counter): later changes would be taken for earlier ones",
        table: "change", row: last, mend: "DELETE FROM change, with sqlite3; open galleries then compare all rows once")
    }
    if counter == .max {
      check.add(
        "the change log has come to the last number there is, so that no other change can be logged, nor made",
        table: "change", row: counter, mend: "likeness doctor \(path) --fix", fixable: true)
    }
    return check.concluded(
      "the write-ahead log holds \(bytes == 0 ? "nothing" : "\(bytes) bytes (\(bytes / Int(max(pages, 1))) pages)"), "
        + "the change log \(counted(Int(changes), "change"))", { _ in "the change log is at odds with its counter" })
  }

  private func mend(_ line: String) -> String {
    for constraint in ["CHECK constraint failed", "NULL value in", "non-"] where line.hasPrefix(constraint) {
      return "likeness doctor \(path) names the row; correct it with sqlite3"
    }
    if line.contains("index") { return "sqlite3 \(path) REINDEX" }
    return restore
  }

  private var restore: String {
    Rescue.sentence(path)
  }

  private static func names(_ db: Database) throws -> [String] {
    let rows = try RawStatement(db, "SELECT name FROM sqlite_schema")
    var names: [String] = []
    while try rows.step() { names.append(rows.text(0) ?? "") }
    return names
  }

  static func sentence(_ error: any Error) -> String {
    guard let error = error as? DatabaseError else { return "\(error)" }
    if error.resultCode == .SQLITE_FULL { return "no room on its disk" }
    if error.isFileSizeLimit { return ProcessLimits.fileSizeSentence }
    // SQLite has no words for what another connection met.
    guard let message = error.message, message != "not an error" else { return error.resultCode.description }
    return message
  }
}
