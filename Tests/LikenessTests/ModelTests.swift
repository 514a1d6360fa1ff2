import Foundation
import GRDB
import Likeness
import Testing

/// Random operations on a gallery, through the library and by another hand's SQL, against a dictionary.
@Suite struct ModelTests {
  private struct Model {
    var metric: Metric
    var identityOf: [EmbeddingID: String] = [:]
    var vectorOf: [EmbeddingID: [Float]] = [:]

    /// The nearest distance of each identity, nearest first.
    func answer(_ probe: [Float], k: Int) -> [Double] {
      var nearest: [String: Double] = [:]
      for (id, name) in identityOf {
        let distance = reference(metric, probe, vectorOf[id] ?? [])
        nearest[name] = min(nearest[name] ?? .infinity, distance)
      }
      return Array(nearest.values.sorted().prefix(k))
    }
  }

  @Test(
    "after any sequence of changes by anybody, an answer is what the rows say",
    arguments: zip([UInt64(1), 2, 3, 4], [Metric.euclidean, .cosine, .dot, .euclidean]))
  func randomOperations(seed: UInt64, metric: Metric) throws {
    let scratch = try Scratch()
    let dimension = 6
    let gallery = try makeGallery(scratch.path(), dimension, metric) { $0.changeLogLimit = 40 }
    // A second gallery on the same file sees everything through the change log only.
    let reader = try Gallery(path: scratch.path(), configuration: quiet())
    let hand = try otherHand(scratch.path())
    var random = Seeded(seed)
    var model = Model(metric: metric)
    for step in 0..<300 {
      let someone = "person \(Int.random(in: 0..<12, using: &random))"
      let names = Set(model.identityOf.values).sorted()
      switch Int.random(in: 0..<12, using: &random) {
      case 0..<4:
        let rows = (0..<Int.random(in: 1...6, using: &random)).map { _ in
          Enrollment(identity: someone, vector: random.vector(dimension))
        }
        for (id, row) in zip(try gallery.enroll(rows), rows) {
          model.identityOf[id] = someone
          model.vectorOf[id] = row.vector
        }
      case 4:
        let vector = random.vector(dimension)
        let id = try hand.write { db in
          try db.execute(sql: "INSERT OR IGNORE INTO identity (name) VALUES (?)", arguments: [someone])
          try db.execute(
            sql: """
              INSERT INTO embedding (identity_id, embedder_id, vector)
              SELECT id, 1, ? FROM identity WHERE name = ?
              """, arguments: [blob(vector), someone])
          return EmbeddingID(db.lastInsertedRowID)
        }
        model.identityOf[id] = someone
        model.vectorOf[id] = vector
      case 5:
        guard let id = model.identityOf.keys.sorted().randomElement(using: &random) else { continue }
        let vector = random.vector(dimension)
        try hand.write { db in
          try db.execute(
            sql: "UPDATE embedding SET vector = ? WHERE id = ?", arguments: [blob(vector), id.rawValue])
        }
        model.vectorOf[id] = vector
      case 6:
        guard let id = model.identityOf.keys.sorted().randomElement(using: &random) else { continue }
        try gallery.remove(embedding: id)
        model.identityOf[id] = nil
      case 7:
        guard let name = names.randomElement(using: &random) else { continue }
        // Foreign keys are off in this connection: the schema's own trigger has to cascade.
        try hand.write { db in try db.execute(sql: "DELETE FROM identity WHERE name = ?", arguments: [name]) }
        model.identityOf = model.identityOf.filter { $0.value != name }
      case 8:
        guard let name = names.randomElement(using: &random) else { continue }
        try gallery.forget(name)
        model.identityOf = model.identityOf.filter { $0.value != name }
      case 9:
        guard names.count > 1 else { continue }
        try gallery.merge(names[0], into: names[1])
        for (id, name) in model.identityOf where name == names[0] { model.identityOf[id] = names[1] }
      case 10:
        guard let name = names.randomElement(using: &random) else { continue }
        let newName = "renamed \(step)"
        try gallery.rename(name, to: newName)
        for (id, old) in model.identityOf where old == name { model.identityOf[id] = newName }
      default:
        // The log is gone: rows are compared instead.
        try hand.write { db in try db.execute(sql: "DELETE FROM change WHERE sequence % 2 = \(step % 2)") }
      }
      let probe = random.vector(dimension)
      for one in [gallery, reader] {
        let answer = try one.query(.vector(probe), k: 4)
        let expected = model.answer(probe, k: 4)
        #expect(answer.candidates.count == expected.count, "step \(step)")
        #expect(answer.gallerySize.embeddings == model.identityOf.count)
        for (candidate, distance) in zip(answer.candidates, expected) {
          #expect(abs(Double(candidate.distance) - distance) < 1e-5, "step \(step)")
          #expect(model.identityOf[candidate.embedding] == candidate.identity)
        }
      }
    }
    for one in [gallery, reader] {
      one.settle()
      #expect(try one.indexDisagreements().isEmpty)
      #expect(one.pendingChanges == 0)
    }
  }

  @Test("a gallery opened again answers as the one that was closed")
  func reopened() throws {
    let scratch = try Scratch()
    var random = Seeded(8)
    let probes = (0..<20).map { _ in random.vector(16) }
    let before = try {
      let gallery = try makeGallery(scratch.path(), 16) { $0.exactBelow = 0 }
      try gallery.enroll((0..<2_000).map { Enrollment(identity: "\($0 % 300)", vector: random.vector(16)) })
      for person in 0..<50 { try gallery.forget("\(person)") }
      defer { try? gallery.close() }
      return try probes.map { try gallery.query(.vector($0), k: 5).candidates }
    }()
    let gallery = try Gallery(path: scratch.path())
    #expect(try probes.map { try gallery.query(.vector($0), k: 5).candidates } == before)
  }
}
