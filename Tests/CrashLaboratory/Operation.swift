import Foundation
import GallerySchema
import Likeness
import Seeded

/// One thing that a case does to its gallery, and what the rows are after it.
struct Operation {
  /// What it is called where it goes wrong.
  var name: String
  /// What it does to the rows: one change for each of its commits, none where it only moves bytes about.
  var commits: [(inout Rows) -> Void]
  /// Does it; what returns is acknowledged.
  var perform: (Subject) throws -> Void
}

/// Makes up operations, each on what the ones before left.
struct Script {
  var random: Seeded
  private(set) var operations: [Operation] = []
  /// What the rows are after all of them.
  private(set) var rows = Rows()
  private var newest = 0

  init(seed: UInt64) { random = Seeded(seed) }

  /// Appends an operation: its commits, then what does them.
  mutating func append(
    _ name: String, _ commits: [(inout Rows) -> Void] = [], perform: @escaping (Subject) throws -> Void
  ) {
    for commit in commits { commit(&rows) }
    operations.append(Operation(name: name, commits: commits, perform: perform))
  }

  /// A row under an old name or a new one.
  mutating func makeRow(newIdentity: Bool? = nil) -> Rows.Row {
    newest += 1
    let known = rows.identities.sorted()
    let isNew = newIdentity ?? (known.isEmpty || Int.random(in: 0..<3, using: &random) == 0)
    return Rows.Row(
      identity: isNew ? "person \(newest)" : known.randomElement(using: &random) ?? "person \(newest)",
      vector: random.vector(Subject.dimension), source: newest % 2 == 0 ? "picture \(newest)" : nil)
  }

  mutating func enroll() {
    let row = makeRow()
    append("enroll", [{ $0.add(row) }]) { subject in
      try subject.gallery.enroll(row.vector, as: row.identity, source: row.source)
    }
  }

  /// One batch: all of it, or none.
  mutating func enroll(batch count: Int) {
    let batch = (0..<count).map { _ in makeRow() }
    append("enroll a batch", [{ rows in batch.forEach { rows.add($0) } }]) { subject in
      try subject.gallery.enroll(batch.map { Enrollment(identity: $0.identity, vector: $0.vector, source: $0.source) })
    }
  }

  mutating func forget() {
    guard let name = rows.identities.sorted().randomElement(using: &random) else { return enroll() }
    append("forget", [{ $0.forget(name) }]) { try $0.gallery.forget(name) }
  }

  mutating func rename() {
    guard let name = rows.identities.sorted().randomElement(using: &random) else { return enroll() }
    newest += 1
    let new = "renamed \(newest)"
    append("rename", [{ $0.rename(name, to: new) }]) { try $0.gallery.rename(name, to: new) }
  }

  mutating func merge() {
    let names = rows.identities.sorted()
    guard names.count > 1 else { return enroll() }
    let one = names[Int.random(in: 1..<names.count, using: &random)]
    append("merge", [{ $0.rename(one, to: names[0]) }]) { try $0.gallery.merge(one, into: names[0]) }
  }

  /// A row by another hand, while the gallery is open.
  mutating func insertByHand() {
    let row = makeRow(newIdentity: true)
    append("insert by hand", [{ $0.add(row) }]) { subject in
      _ = try subject.gallery
      try PlainReader.execute(
        subject.path,
        """
        BEGIN IMMEDIATE;
        INSERT INTO identity (name) VALUES ('\(row.identity)');
        INSERT INTO embedding (identity_id, embedder_id, source, vector)
        SELECT id, 1, \(Self.literal(row.source)), \(Self.literal(row.vector)) FROM identity WHERE name = '\(row.identity)';
        COMMIT
        """)
    }
  }

  mutating func vacuum() {
    append("VACUUM") { subject in
      _ = try subject.gallery
      try PlainReader.execute(subject.path, "VACUUM")
    }
  }

  /// Many rows in transactions of so many.
  mutating func enrollInBulk(_ count: Int, batch: Int) {
    let rows = (0..<count).map { _ in makeRow() }
    append("bulk enrolment", Self.commits(rows, batch)) { subject in
      try subject.gallery.enroll(
        contentsOf: rows.lazy.map { Enrollment(identity: $0.identity, vector: $0.vector, source: $0.source) },
        batch: batch)
    }
  }

  /// A file of rows, in transactions of so many.
  mutating func importFile(_ count: Int, batch: Int) {
    var rows = (0..<count).map { _ in makeRow() }
    for place in rows.indices { rows[place].source = "row \(place)" }
    let lines = rows.map { row in
      #"{"identity":"\#(row.identity)","source":"\#(row.source ?? "")","vector":\#(row.vector)}"# + "\n"
    }
    let text = lines.joined()
    append("import", Self.commits(rows, batch)) { subject in
      let file = (subject.path as NSString).deletingLastPathComponent + "/rows.jsonl"
      try Data(text.utf8).write(to: URL(fileURLWithPath: file))
      var options = ImportOptions()
      options.batch = batch
      try VectorImport(file: file, options: options).run(into: subject.gallery)
    }
  }

  private static func commits(_ rows: [Rows.Row], _ batch: Int) -> [(inout Rows) -> Void] {
    stride(from: 0, to: rows.count, by: batch).map { start in
      let piece = rows[start..<min(start + batch, rows.count)]
      return { all in piece.forEach { all.add($0) } }
    }
  }

  mutating func saveIndex() { append("save the index") { try $0.gallery.saveSnapshot() } }

  mutating func compact() { append("compact") { _ = try $0.gallery.compact() } }

  mutating func backUp() {
    append("back up") { subject in
      let folder = (subject.path as NSString).deletingLastPathComponent
      try subject.gallery.backup(to: folder + "/copy.gallery", replacing: true)
    }
  }

  /// A gallery of version 1, as the first release left it, and the opening that brings it up to date.
  mutating func migrate(_ count: Int) {
    let rows = (0..<count).map { _ in makeRow(newIdentity: true) }
    append("a gallery of version 1", [{ all in rows.forEach { all.add($0) } }]) { subject in
      let inserts = rows.map { row in
        """
        INSERT INTO identity (name) VALUES ('\(row.identity)');
        INSERT INTO embedding (identity_id, embedder_id, source, vector)
        VALUES (last_insert_rowid(), 1, \(Self.literal(row.source)), \(Self.literal(row.vector)));
        """
      }
      try PlainReader.execute(
        subject.path,
        """
        PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; BEGIN IMMEDIATE;
        \(GallerySchema.migrations[0])
        INSERT INTO embedder (name, kind, dimension, metric)
        VALUES ('\(Subject.embedder.name)', 'vector', \(Subject.dimension), 'euclidean');
        \(inserts.joined(separator: "\n"))
        COMMIT
        """)
    }
    append("migrate") { _ = try $0.gallery }
  }

  private static func literal(_ source: String?) -> String { source.map { "'\($0)'" } ?? "NULL" }

  private static func literal(_ vector: [Float]) -> String {
    let bytes = vector.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }
    return "x'" + bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() + "'"
  }

  mutating func reopen() {
    append("reopen") { subject in
      try subject.close()
      _ = try subject.gallery
    }
  }
}
