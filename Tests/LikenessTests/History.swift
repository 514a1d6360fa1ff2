import Foundation
import GRDB
import Likeness
import Seeded

/// What happens to a gallery, one change after the other. Any part of a history is a history, so that one that fails
/// can be made shorter.
struct History: Sendable, CustomStringConvertible {
  /// People and embeddings are named by numbers that are taken modulo how many there are.
  enum Change: Sendable {
    case enroll(person: Int, count: Int, seed: UInt64)
    case insertByHand(person: Int, seed: UInt64)
    case updateByHand(embedding: Int, seed: UInt64)
    case renumberByHand(embedding: Int, by: Int64)
    case deleteByHand(embedding: Int)
    case deletePersonByHand(Int)
    case replaceByHand(embedding: Int, seed: UInt64)
    case remove(embedding: Int)
    case forget(person: Int)
    case merge(person: Int, into: Int)
    case rename(person: Int, number: Int)
    case setAttributes(person: Int)
    case loseLog(parity: Int)
    case forgetLog
    case dropTriggers
    case rollBack(person: Int)
    case vacuum
    case settle
    case reopen
  }

  var seed: UInt64
  var metric: Metric
  var changes: [Change]

  var description: String { "seed \(seed), \(metric):\n" + changes.map { "  \($0)" }.joined(separator: "\n") }

  static let dimension = 3

  static func random(seed: UInt64, length: Int) -> History {
    var random = Seeded(seed)
    func number(_ below: Int) -> Int { Int.random(in: 0..<below, using: &random) }
    let metric = Metric.allCases[Int(seed % UInt64(Metric.allCases.count))]
    let changes = (0..<length).map { _ -> Change in
      switch number(26) {
      case 0..<5: .enroll(person: number(8), count: 1 + number(5), seed: random.next())
      case 5..<8: .insertByHand(person: number(8), seed: random.next())
      case 8..<10: .updateByHand(embedding: number(100), seed: random.next())
      case 10: .renumberByHand(embedding: number(100), by: Int64([1, 50, 5_000_000_000][number(3)]))
      case 11: .deleteByHand(embedding: number(100))
      case 12: .deletePersonByHand(number(8))
      case 13: .replaceByHand(embedding: number(100), seed: random.next())
      case 14, 15: .remove(embedding: number(100))
      case 16: .forget(person: number(8))
      case 17: .merge(person: number(8), into: number(8))
      case 18: .rename(person: number(8), number: number(1_000))
      case 19: .setAttributes(person: number(8))
      case 20: .loseLog(parity: number(3))
      case 21: .forgetLog
      case 22: .dropTriggers
      case 23: .rollBack(person: number(8))
      case 24: number(2) == 0 ? .vacuum : .settle
      default: .reopen
      }
    }
    return History(seed: seed, metric: metric, changes: changes)
  }

  /// A history that fails too, and from which nothing can be left out any more.
  func shrunk(while fails: (History) -> Bool) -> History {
    var best = self
    var piece = best.changes.count / 2
    while piece > 0 {
      var start = 0
      while start < best.changes.count {
        var shorter = best
        shorter.changes.removeSubrange(start..<min(start + piece, best.changes.count))
        if fails(shorter) { best = shorter } else { start += piece }
      }
      piece /= 2
    }
    return best
  }
}

/// Lives through a history with two galleries on one file and another hand, and a model beside them.
struct Life {
  private let path: String
  private let configuration: GalleryConfiguration
  private var gallery: Gallery
  /// Sees everything through the change log only.
  private var reader: Gallery
  private let hand: DatabaseQueue
  private var model: GalleryModel

  /// What went otherwise than in the model; nil where nothing.
  static func fault(in history: History, template: Data) -> String? {
    do {
      let scratch = try Scratch()
      var life = try Life(try scratch.write(template, to: "people.gallery"), history)
      return try life.live(history)
    } catch {
      return "\(error)"
    }
  }

  /// An empty gallery's bytes, to begin with.
  static func template(_ metric: Metric) throws -> Data {
    let scratch = try Scratch()
    try makeGallery(scratch.path(), History.dimension, metric).close()
    return try Data(contentsOf: URL(fileURLWithPath: scratch.path()))
  }

  private init(_ path: String, _ history: History) throws {
    self.path = path
    configuration = quiet {
      $0.durability = .processCrash
      $0.changeLogLimit = Int(history.seed % 30)
      $0.threads = 1
      if history.seed % 2 == 0 { ($0.exactBelow, $0.ef) = (0, 300) }
    }
    gallery = try Gallery(path: path, configuration: configuration)
    reader = try Gallery(path: path, configuration: configuration)
    hand = try otherHand(path)
    try hand.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA synchronous = OFF") }
    model = GalleryModel(metric: history.metric)
  }

  private mutating func live(_ history: History) throws -> String? {
    var random = Seeded(history.seed)
    for (step, change) in history.changes.enumerated() {
      try happen(change)
      let probe = random.vector(History.dimension)
      for (who, one) in [("the writer", gallery), ("the reader", reader)] {
        if let fault = try model.fault(of: one, probe: probe) { return "step \(step), \(who): \(fault)" }
      }
    }
    for one in [gallery, reader] {
      one.settle()
      let wrong = try one.indexDisagreements()
      if !wrong.isEmpty { return "the index disagrees with the rows \(wrong)" }
      if one.pendingChanges > 0 { return "\(one.pendingChanges) changes are pending after settling" }
    }
    return nil
  }

  private mutating func happen(_ change: History.Change) throws {
    func vector(_ seed: UInt64) -> [Float] {
      var random = Seeded(seed)
      return random.vector(History.dimension)
    }
    func embedding(_ number: Int) -> EmbeddingID? { model.ids.isEmpty ? nil : model.ids[number % model.ids.count] }
    func name(_ number: Int) -> String? {
      let names = model.names.sorted()
      return names.isEmpty ? nil : names[number % names.count]
    }
    switch change {
    case .enroll(let person, let count, let seed):
      var random = Seeded(seed)
      let rows = (0..<count).map { _ in
        Enrollment(identity: "person \(person)", vector: random.vector(History.dimension))
      }
      for (id, row) in zip(try gallery.enroll(rows), rows) { model.add(id, row.vector, as: row.identity) }
    case .insertByHand(let person, let seed):
      let id = try insert("person \(person)", vector(seed), "COMMIT")
      model.add(id, vector(seed), as: "person \(person)")
    case .rollBack(let person):
      _ = try insert("person \(person)", vector(1), "ROLLBACK")
    case .updateByHand(let number, let seed):
      guard let id = embedding(number) else { return }
      try write("UPDATE embedding SET vector = ? WHERE id = ?", [blob(vector(seed)), id.rawValue])
      model.vectorOf[id] = vector(seed)
    case .renumberByHand(let number, let distance):
      guard let id = embedding(number) else { return }
      let new = EmbeddingID(id.rawValue + distance)
      guard model.identityOf[new] == nil else { return }
      try write("UPDATE embedding SET id = ? WHERE id = ?", [new.rawValue, id.rawValue])
      model.add(new, model.vectorOf[id] ?? [], as: model.identityOf[id] ?? "")
      model.remove(id)
    case .deleteByHand(let number):
      guard let id = embedding(number) else { return }
      try write("DELETE FROM embedding WHERE id = ?", [id.rawValue])
      model.remove(id)
    case .deletePersonByHand(let number):
      guard let name = name(number) else { return }
      // Foreign keys are off in this connection: the schema's own trigger has to cascade.
      try write("DELETE FROM identity WHERE name = ?", [name])
      model.forget(name)
    case .replaceByHand(let number, let seed):
      guard let id = embedding(number) else { return }
      try write(
        """
        INSERT OR REPLACE INTO embedding (id, identity_id, embedder_id, vector)
        SELECT id, identity_id, embedder_id, ? FROM embedding WHERE id = ?
        """, [blob(vector(seed)), id.rawValue])
      model.vectorOf[id] = vector(seed)
    case .remove(let number):
      guard let id = embedding(number) else { return }
      try gallery.remove(embedding: id)
      model.remove(id)
    case .forget(let number):
      guard let name = name(number) else { return }
      try gallery.forget(name)
      model.forget(name)
    case .merge(let one, let other):
      guard let one = name(one), let other = name(other), one != other else { return }
      try gallery.merge(one, into: other)
      model.rename(one, to: other)
    case .rename(let number, let new):
      guard let name = name(number), !model.names.contains("renamed \(new)") else { return }
      try gallery.rename(name, to: "renamed \(new)")
      model.rename(name, to: "renamed \(new)")
    case .setAttributes(let number):
      guard let name = name(number) else { return }
      try gallery.setAttributes(["seen": .bool(true)], of: name)
    case .loseLog(let parity):
      try write("DELETE FROM change WHERE sequence % 3 = ?", [parity])
    case .forgetLog:
      try write("DELETE FROM change", [])
      try write("DELETE FROM sqlite_sequence WHERE name = 'change'", [])
    case .dropTriggers:
      for name in ["embedding_inserted", "embedding_updated", "embedding_deleted"] {
        try write("DROP TRIGGER IF EXISTS \(name)", [])
      }
    case .vacuum:
      try hand.vacuum()
    case .settle:
      gallery.settle()
    case .reopen:
      try gallery.close()
      gallery = try Gallery(path: path, configuration: configuration)
    }
  }

  private func write(_ sql: String, _ arguments: StatementArguments) throws {
    try hand.write { db in try db.execute(sql: sql, arguments: arguments) }
  }

  private func insert(_ name: String, _ vector: [Float], _ end: String) throws -> EmbeddingID {
    try hand.writeWithoutTransaction { db in
      try db.execute(sql: "BEGIN IMMEDIATE")
      try db.execute(sql: "INSERT OR IGNORE INTO identity (name) VALUES (?)", arguments: [name])
      try db.execute(
        sql: "INSERT INTO embedding (identity_id, embedder_id, vector) SELECT id, 1, ? FROM identity WHERE name = ?",
        arguments: [blob(vector), name])
      let id = EmbeddingID(db.lastInsertedRowID)
      try db.execute(sql: end)
      return id
    }
  }
}
