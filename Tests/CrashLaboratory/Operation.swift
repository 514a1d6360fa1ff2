import Likeness

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
    let bytes = row.vector.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }
    let vector = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    let source = row.source.map { "'\($0)'" } ?? "NULL"
    append("insert by hand", [{ $0.add(row) }]) { subject in
      _ = try subject.gallery
      try PlainReader.execute(
        subject.path,
        """
        BEGIN IMMEDIATE;
        INSERT INTO identity (name) VALUES ('\(row.identity)');
        INSERT INTO embedding (identity_id, embedder_id, source, vector)
        SELECT id, 1, \(source), x'\(vector)' FROM identity WHERE name = '\(row.identity)';
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

  mutating func reopen() {
    append("reopen") { subject in
      try subject.close()
      _ = try subject.gallery
    }
  }
}
