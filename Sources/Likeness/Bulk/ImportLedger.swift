import Crypto
import Digests
import Files
import Foundation
import GRDB
import VectorFiles

/// How far a file was imported, as the gallery keeps it: written in the transaction that enrolls a batch, so that it
/// never says more or less than the rows.
struct ImportLedger: Sendable {
  /// The file, as its absolute path.
  var file: String
  /// By which the part of the file that was read is known to be the same.
  var fingerprint: String
  var position: VectorFilePosition
  var settings: Settings

  /// What a continued import takes over, and what it has to have in common with the one that was cut off.
  struct Settings: Codable, Sendable {
    /// What rows call the file in their source.
    var label: String
    /// What decides what rows become; nil in what older versions wrote.
    var terms: ImportTerms?
    /// SHA-256 of all that comes before the position; nil in what older versions wrote.
    var sha256: String?
    /// Lines before the position.
    var line: Int
    var enrolled: Int
    var batches: Int
    var leftOut: Int
    /// Whether the file's end was reached.
    var finished: Bool
  }

  static func absolute(_ path: String) -> String { URL(fileURLWithPath: path).standardizedFileURL.path }

  /// A quick hash of what comes before `offset`: its first and last 64 kB, and its length. It tells which of many files
  /// one may be. What comes behind may have been mended since.
  static func fingerprint(of path: String, before offset: Int) throws -> String {
    guard let file = FileContents.handle(path) else {
      throw VectorFileError(path: path, reason: "cannot be opened any more")
    }
    defer { try? file.close() }
    var hash = SHA256()
    let part = 65_536
    hash.update(data: Data("\(offset)".utf8))
    hash.update(data: try file.read(upToCount: min(offset, part)) ?? Data())
    if offset > part {
      try file.seek(toOffset: UInt64(max(part, offset - part)))
      hash.update(data: try file.read(upToCount: min(part, offset - part)) ?? Data())
    }
    return hash.finalize().hexadecimal
  }

  /// What is known of the file at `path`, under this name or another.
  static func find(_ path: String, in db: Database) throws -> ImportLedger? {
    let rows = try RawStatement(
      db,
      """
      SELECT source, fingerprint, records, position, settings FROM import_progress
      ORDER BY source = ? DESC, updated_at DESC
      """)
    let name = absolute(path)
    try rows.bind(name, at: 1)
    while try rows.step() {
      guard let entry = ImportLedger(file: rows.text(0) ?? "", rows, at: 1) else { continue }
      if entry.file == name { return entry }
      var hash = PrefixHash(path: path)
      // A header alone is that of many files.
      if try entry.position.row > 0 && entry.isOf(path, &hash) { return entry }
    }
    return nil
  }

  /// What is kept under exactly this name.
  static func stored(_ name: String, in db: Database) throws -> ImportLedger? {
    let row = try RawStatement(
      db, "SELECT fingerprint, records, position, settings FROM import_progress WHERE source = ?")
    try row.bind(name, at: 1)
    guard try row.step() else { return nil }
    return ImportLedger(file: name, row, at: 0)
  }

  /// Whether two say that the same was done.
  static func isSame(_ a: ImportLedger?, _ b: ImportLedger?) -> Bool {
    a?.fingerprint == b?.fingerprint && a?.position.offset == b?.position.offset && a?.position.row == b?.position.row
      && a?.settings.enrolled == b?.settings.enrolled && a?.settings.finished == b?.settings.finished
  }

  /// Whether the file at `path` begins with what was read: all of it, as far as that was kept.
  ///
  /// - Parameter hash: that of the file, of no more than what was read.
  func isOf(_ path: String, _ hash: inout PrefixHash) throws -> Bool {
    guard try Self.fingerprint(of: path, before: position.offset) == fingerprint else { return false }
    guard let expected = settings.sha256 else { return true }
    return try hash.text(before: position.offset) == expected
  }

  func write(_ db: Database) throws {
    let statement = try RawStatement(
      db,
      """
      INSERT INTO import_progress (source, fingerprint, records, position, settings) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT (source) DO UPDATE SET fingerprint = excluded.fingerprint, records = excluded.records,
        position = excluded.position, settings = excluded.settings, updated_at = excluded.updated_at
      """)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    try statement.bind(file, at: 1)
    try statement.bind(fingerprint, at: 2)
    try statement.bind(Int64(position.row), at: 3)
    try statement.bind(Int64(position.offset), at: 4)
    try statement.bind(String(decoding: try encoder.encode(settings), as: UTF8.self), at: 5)
    try statement.run()
  }
}

extension ImportLedger {
  /// What a row says; nil where it says nothing that can be read.
  ///
  /// - Parameter first: the column of the fingerprint.
  private init?(file: String, _ row: borrowing RawStatement, at first: Int32) {
    guard
      let settings = try? JSONDecoder().decode(Settings.self, from: Data((row.text(first + 3) ?? "").utf8)),
      let records = Int(exactly: row.integer(first + 1)), let offset = Int(exactly: row.integer(first + 2)),
      // Beyond any file: they come from another hand, and sums of them would overflow.
      [records, offset, settings.line, settings.enrolled, settings.batches, settings.leftOut]
        .allSatisfy({ (0...1 << 53).contains($0) })
    else { return nil }
    self.init(
      file: file, fingerprint: row.text(first) ?? "",
      position: VectorFilePosition(offset: offset, row: records, line: settings.line), settings: settings)
  }
}
