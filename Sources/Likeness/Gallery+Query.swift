import Foundation
import GRDB
import HNSW

extension Gallery {
  /// Who is this most like? The `k` nearest candidates of a probe.
  ///
  /// With `by: .identity` each identity appears once, with its nearest embedding, however many embeddings another one
  /// has. Distances are exact float32 distances, computed from the rows, in the metric's own unit. An answer is short
  /// only where the gallery has no more, or beyond `maxDistance`; its note says so.
  ///
  /// The answer is that of one moment: everything in it is read in one transaction, and commits before the call are in
  /// it, whoever made them.
  ///
  /// A candidate whose vector is not the one its checksum is of, by a flipped bit or by another hand, is in the answer as it
  /// is, and the answer's note names it: the rows are the truth, and ``verify(sample:seed:progress:)`` looks at all of them.
  ///
  /// A condition is met before candidates are counted, so that there are `k` wherever `k` meet it:
  ///
  ///     try gallery.query(probe, k: 5, where: "identity.attributes ->> 'team' = 'red' AND embedding.quality > 0.5")
  ///
  /// - Parameters:
  ///   - probe: A vector, an input for the attached embedder, or an embedding of the gallery.
  ///   - k: How many candidates, from 1.
  ///   - condition: An SQL expression on the columns of `identity` and `embedding` that candidates have to meet, as the file
  ///     has them at that moment. It is SQL: never put a stranger's text into it. nil for all.
  ///   - grouping: One candidate an identity, or one an embedding.
  ///   - maxDistance: Candidates beyond it are left out, and the answer decides ``Answer/Decision/match`` or
  ///     ``Answer/Decision/noMatch``.
  ///   - ef: How widely the graph is searched: more is better recall, slower; nil for ``GalleryConfiguration/ef``.
  ///   - recall: Instead of `ef`, the share of the true nearest embeddings to be found, 0…1, averaged over queries like
  ///     the vectors here; nil for ``GalleryConfiguration/recall``. The index measures what that takes the first time, and
  ///     again when it has changed much.
  /// - Throws: ``GalleryError`` for a probe that the gallery's embedder cannot have made; ``EmbedderError`` for an input
  ///   that it cannot embed.
  public func query(
    _ probe: Probe, k: Int = 5, by grouping: CandidateGrouping = .identity, where condition: String? = nil,
    maxDistance: Float? = nil, ef: Int? = nil, recall: Double? = nil
  ) throws -> Answer {
    let question = try Question(
      k: k, grouping: grouping, condition: condition.map(Condition.init), maxDistance: maxDistance,
      effort: Effort(ef: ef, recall: recall, or: configuration))
    let vector = try vector(for: probe)
    return try translating {
      try buildIndex()
      return try answer(probe, vector, question)
    }
  }

  /// What is asked of a probe.
  struct Question: Sendable {
    var k: Int
    var grouping: CandidateGrouping
    var condition: Condition?
    var maxDistance: Float?
    var effort: Effort

    init(k: Int, grouping: CandidateGrouping, condition: Condition?, maxDistance: Float?, effort: Effort) throws {
      guard k >= 1 else { throw GalleryError.invalidArgument(reason: "k is \(k): ask for at least one candidate") }
      if let maxDistance, maxDistance.isNaN {
        throw GalleryError.invalidArgument(reason: "maxDistance is not a number: give one, or nothing")
      }
      self.k = k
      self.grouping = grouping
      self.condition = condition
      self.maxDistance = maxDistance
      self.effort = effort
    }
  }

  /// The vector to search for; nil where the gallery has it.
  func vector(for probe: Probe) throws -> [Float]? {
    switch probe {
    case .vector(let values): values
    case .input(let input): try embed(input)
    case .embedding: nil
    }
  }

  /// The answer of one moment.
  func answer(_ probe: Probe, _ vector: [Float]?, _ question: Question) throws -> Answer {
    // A row that the index has otherwise than it is means that the index has to be compared with all rows, and asked
    // again. What still disagrees after that is left out.
    for _ in 0..<2 {
      let search = try withView { view, head, db in
        try ask(probe, vector, question, among: allowed(by: question, view, db), view, head, db)
      }
      if !search.disagrees { return search.answer(question) }
      keeper.suspect()
    }
    return try withView { view, head, db in
      try ask(probe, vector, question, among: allowed(by: question, view, db), view, head, db)
    }.answer(question)
  }

  /// Runs `body` with the index as it agrees with a snapshot of the rows, and that snapshot's head.
  func withView<T>(_ body: (IndexView, Head, Database) throws -> T) throws -> T {
    try connections.read { db, last in
      guard let view = try keeper.view(db, last: &last) else { throw GalleryError.noEmbedder(path: path) }
      defer { keeper.close(view) }
      guard let head = last.head else { throw Connections.StaleSnapshot() }
      return try body(view, head, db)
    }
  }

  /// The embeddings that meet the condition of a question; nil where it has none.
  func allowed(by question: Question, _ view: IndexView, _ db: Database) throws -> IDSet? {
    try question.condition?.allowed(in: db, embedder: view.embedder)
  }

  func ask(
    _ probe: Probe, _ vector: [Float]?, _ question: Question, among allowed: IDSet?, _ view: IndexView, _ head: Head,
    _ db: Database
  ) throws -> Search {
    var search = Search(
      view: view, identities: head.identities, hasChecksums: head.hasChecksums, effort: question.effort,
      vector: vector ?? [], among: allowed)
    if case .embedding(let id) = probe {
      search.vector = try Self.storedVector(of: id, in: db, embedder: view.embedder)
      search.probe = id
    }
    if vector != nil { try checkAttached(StoredEmbedder(view.embedder)) }
    try Self.check(search.vector, embedder: view.embedder, subject: "the probe")
    try search.run(db, k: question.k, by: question.grouping)
    return search
  }

  /// The vector of an embedding, as its row holds it.
  ///
  /// - Throws: ``GalleryError/unknownEmbedding(_:)``; ``GalleryError/invalidArgument(reason:)`` for a row that is
  ///   damaged.
  public func vector(of embedding: EmbeddingID) throws -> [Float] {
    try reading { db in
      guard let embedder = try EmbedderRow.stored(in: db) else { throw GalleryError.unknownEmbedding(embedding) }
      return try Self.storedVector(of: embedding, in: db, embedder: embedder)
    }
  }

  private static func storedVector(
    of id: EmbeddingID, in db: Database, embedder: EmbedderRow
  ) throws -> [Float] {
    let statement = try RawStatement(db, "SELECT embedder_id, vector FROM embedding WHERE id = ?")
    try statement.bind(id.rawValue, at: 1)
    guard try statement.step() else { throw GalleryError.unknownEmbedding(id) }
    switch RowVector(statement, embedderAt: 0, vectorAt: 1, embedder: embedder) {
    case .vector(let vector): return vector
    case .fault(let fault):
      throw GalleryError.invalidArgument(
        reason: "embedding \(id) \(fault.sentence(embedder: embedder)): remove it, or enroll it again")
    case .gone: throw GalleryError.unknownEmbedding(id)
    }
  }
}
