import GRDB

extension Gallery {
  /// Stores requests in one transaction, and says for each what became of it: one at fault does not touch the others.
  func store(_ requests: [EnrollmentRequest]) -> [CommitGroup.Outcome] {
    do {
      return try writing { db in
        let embedder = try requiredEmbedder(db)
        var insertion = try EnrollmentInsertion(db, embedder: embedder)
        if requests.count == 1 { return [.success(try insertion.store(requests[0], in: db))] }
        return try requests.map { try alone($0, &insertion, in: db) }
      }
    } catch {
      if requests.count == 1 { return [.failure(error)] }
      // Who is in the way of one is in the way of all; for anything else, each shall hear of its own fault.
      if case GalleryError.locked = error { return requests.map { _ in .failure(error) } }
      return requests.flatMap { store([$0]) }
    }
  }

  /// Stores one of several requests so that it can be undone by itself.
  private func alone(
    _ request: EnrollmentRequest, _ insertion: inout EnrollmentInsertion, in db: Database
  ) throws -> CommitGroup.Outcome {
    do {
      var ids: [EmbeddingID] = []
      try db.inSavepoint {
        ids = try translating { try LastID.explaining(path, in: db) { try insertion.store(request, in: db) } }
        return .commit
      }
      return .success(ids)
    } catch {
      // Where SQLite has undone everything, the others have to be stored again.
      if !db.isInsideTransaction { throw error }
      insertion.reset()
      return .failure(error)
    }
  }

  /// The embedder whose vectors the gallery holds.
  func requiredEmbedder(_ db: Database) throws -> EmbedderRow {
    guard let embedder = try EmbedderRow.stored(in: db) else { throw GalleryError.noEmbedder(path: path) }
    return embedder
  }
}

extension EnrollmentInsertion {
  /// Checks and stores one request.
  mutating func store(_ request: EnrollmentRequest, in db: Database) throws -> [EmbeddingID] {
    try check(request.rows)
    return try TriggerSuspension.during(request.rows, replacing: request.replacing, in: db) { triggers in
      try insert(request.rows, replacing: request.replacing, triggers)
    }
  }
}

extension Gallery {
  /// Stores several callers' enrolments in one group, as if they had come at the same moment.
  package func enrollTogether(_ callers: [[Enrollment]], replacing: Replacement = .nothing) throws
    -> [Result<[EmbeddingID], any Error>]
  {
    try store(callers.map { EnrollmentRequest(rows: try CheckedEnrollments($0), replacing: replacing) })
  }
}
