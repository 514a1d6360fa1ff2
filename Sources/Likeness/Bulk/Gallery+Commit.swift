import GRDB

extension Gallery {
  /// Stores requests in one transaction, and says for each what became of it: one at fault does not touch the others.
  func store(_ arrivals: inout some IteratorProtocol<EnrollmentRequest>) -> [CommitGroup.Outcome] {
    var requests: [EnrollmentRequest] = []
    do {
      // A savepoint for each costs as much as storing it, so first as if none could fail.
      return try writing { db in
        var insertion = try EnrollmentInsertion(db, embedder: try embedderToWriteBy(db))
        var outcomes: [CommitGroup.Outcome] = []
        while let request = arrivals.next() {
          requests.append(request)
          if let fault = insertion.fault(in: request.rows) {
            outcomes.append(.failure(fault))
          } else {
            outcomes.append(.success(try insertion.store(request, in: db)))
          }
        }
        return outcomes
      }
    } catch {
      while let request = arrivals.next() { requests.append(request) }
      // Who is in the way of one is in the way of all; for anything else, each shall hear of its own fault.
      if Self.concernsAll(error) { return requests.map { _ in .failure(error) } }
      return requests.count == 1 ? [.failure(error)] : storeGuarded(requests)
    }
  }

  /// Whether an error has nothing to do with what was to be stored.
  private static func concernsAll(_ error: any Error) -> Bool {
    switch error {
    case GalleryError.locked, GalleryError.moved, GalleryError.otherEmbedder: true
    default: false
    }
  }

  /// Stores requests of which one fails, in one transaction if that can be, or else each in its own.
  private func storeGuarded(_ requests: [EnrollmentRequest]) -> [CommitGroup.Outcome] {
    do {
      return try writing { db in
        var insertion = try EnrollmentInsertion(db, embedder: try embedderToWriteBy(db))
        return try requests.map { request in
          if let fault = insertion.fault(in: request.rows) { return .failure(fault) }
          return try alone(request, &insertion, in: db)
        }
      }
    } catch {
      if Self.concernsAll(error) { return requests.map { _ in .failure(error) } }
      return requests.flatMap { request in
        var one = CollectionOfOne(request).makeIterator()
        return store(&one)
      }
    }
  }

  /// Stores one of several requests so that it can be undone by itself.
  private func alone(
    _ request: EnrollmentRequest, _ insertion: inout EnrollmentInsertion, in db: Database
  ) throws -> CommitGroup.Outcome {
    do {
      var stored = StoredRows()
      try db.inSavepoint {
        stored = try translating { try LastID.explaining(path, in: db) { try insertion.store(request, in: db) } }
        return .commit
      }
      return .success(stored)
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
  /// Stores one request, whose vectors were checked.
  mutating func store(_ request: EnrollmentRequest, in db: Database) throws -> StoredRows {
    try TriggerSuspension.during(request.rows, replacing: request.replacing, in: db) { triggers in
      try insert(request.rows, replacing: request.replacing, triggers)
    }
  }
}

extension Gallery {
  /// Stores several callers' enrolments in one group, as if they had come at the same moment.
  package func enrollTogether(_ callers: [[Enrollment]], replacing: Replacement = .nothing) throws
    -> [Result<[EmbeddingID], any Error>]
  {
    var requests = try callers.map { EnrollmentRequest(rows: try CheckedEnrollments($0), replacing: replacing) }
      .makeIterator()
    return store(&requests).map { outcome in outcome.map(\.ids) }
  }
}
