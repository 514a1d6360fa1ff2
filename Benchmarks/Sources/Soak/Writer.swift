import Foundation
import GRDBSQLite
import Likeness

/// Changes a gallery without pause: enrols, forgets, and as another hand inserts, updates and deletes by SQL.
final class Writer {
  struct Failure: Error, CustomStringConvertible { var description: String }

  private let gallery: Gallery
  private let ledger: Ledger
  /// About how many rows there are to be.
  private let size: Int
  private var truth: Truth
  private var commit = Commit(number: 0)
  private var random: Seeded
  private var hand: OpaquePointer?
  private var newest = 0
  private(set) var enrolling = Histogram()
  private(set) var forgetting = Histogram()
  private(set) var byHand = Histogram()

  init(_ gallery: Gallery, _ ledger: Ledger, _ truth: Truth, size: Int, seed: UInt64) throws {
    (self.gallery, self.ledger, self.truth, self.size) = (gallery, ledger, truth, size)
    random = Seeded(seed)
    guard sqlite3_open_v2(gallery.path, &hand, SQLITE_OPEN_READWRITE, nil) == SQLITE_OK else {
      throw Failure(description: "\(gallery.path) cannot be opened by another hand")
    }
    sqlite3_busy_timeout(hand, 30_000)
  }

  deinit { sqlite3_close(hand) }

  func changeSomething() throws {
    ledger.begin()
    commit = Commit(number: truth.version + 1)
    defer {
      truth.apply(commit)
      ledger.publish(commit)
    }
    let draw =
      truth.ids.count > size ? 60 + Int.random(in: 0..<40, using: &random) : Int.random(in: 0..<100, using: &random)
    switch draw {
    case ..<45: try enroll(1)
    case ..<60: try enroll(Int.random(in: 2...20, using: &random))
    case ..<75: try forget()
    case ..<83: try insert()
    case ..<92: try update()
    default: try delete()
    }
  }

  private func timed(_ histogram: inout Histogram, _ body: () throws -> Void) rethrows {
    let start = ContinuousClock.now
    try body()
    let took = (ContinuousClock.now - start).components
    histogram.add(Double(took.seconds) + Double(took.attoseconds) / 1e18)
  }

  private func note(_ id: EmbeddingID, _ name: String, _ vector: [Float]) {
    commit.changes.append(Commit.Change(row: id, now: Truth.Row(name: name, vector: vector)))
  }

  private func noteGone(_ id: EmbeddingID) { commit.changes.append(Commit.Change(row: id, now: nil)) }

  private func newName() -> String {
    newest += 1
    return "person \(newest / 4)"
  }

  private func enroll(_ count: Int) throws {
    let rows = (0..<count).map { _ in Enrollment(identity: newName(), vector: random.vector(truth.dimension)) }
    var ids: [EmbeddingID] = []
    try timed(&enrolling) { ids = try gallery.enroll(rows) }
    for (id, row) in zip(ids, rows) { note(id, row.identity, row.vector) }
  }

  private func forget() throws {
    guard let id = truth.ids.randomElement(using: &random), let name = truth.name(id) else { return }
    try timed(&forgetting) { _ = try gallery.forget(name) }
    for id in truth.ids where truth.name(id) == name { noteGone(id) }
  }

  private func insert() throws {
    let (name, vector) = (newName(), random.vector(truth.dimension))
    var id: Int64 = 0
    try timed(&byHand) {
      try execute("BEGIN IMMEDIATE")
      try execute("INSERT OR IGNORE INTO identity (name) VALUES ('\(name)')")
      try execute(
        """
        INSERT INTO embedding (identity_id, embedder_id, vector)
        SELECT id, 1, \(hexadecimal(vector)) FROM identity WHERE name = '\(name)'
        """)
      id = sqlite3_last_insert_rowid(hand)
      try execute("COMMIT")
    }
    note(EmbeddingID(id), name, vector)
  }

  private func update() throws {
    guard let id = truth.ids.randomElement(using: &random), let name = truth.name(id) else { return }
    let vector = random.vector(truth.dimension)
    try timed(&byHand) {
      try execute("UPDATE embedding SET vector = \(hexadecimal(vector)) WHERE id = \(id.rawValue)")
    }
    note(id, name, vector)
  }

  private func delete() throws {
    guard let id = truth.ids.randomElement(using: &random) else { return }
    try timed(&byHand) { try execute("DELETE FROM embedding WHERE id = \(id.rawValue)") }
    noteGone(id)
  }

  private func hexadecimal(_ vector: [Float]) -> String {
    let bytes = vector.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }
    return "x'" + bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() + "'"
  }

  private func execute(_ sql: String) throws {
    guard sqlite3_exec(hand, sql, nil, nil, nil) == SQLITE_OK else {
      throw Failure(description: "\(sql.prefix(40)): \(String(cString: sqlite3_errmsg(hand)))")
    }
  }
}
