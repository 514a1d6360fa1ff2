import Foundation

/// Why a bulk enrolment stopped, and how far it came.
public struct BulkError: Error, CustomStringConvertible, LocalizedError {
  /// How many enrolments are stored and durable: the first ones; 0 after ``GalleryError/replaced(path:)``, where that is not
  /// known.
  public var enrolled: Int
  /// What was wrong with the next batch, of which nothing was stored.
  public var reason: any Error

  /// What was wrong, and how far it came.
  public var description: String {
    if let error = reason as? GalleryError, error.isReplacement { return error.description }
    return enrolled == 0
      ? "\(reason); none of the enrolments is stored"
      : "\(reason); the first \(enrolled) enrolments are stored, go on behind them"
  }
  /// The same text, for Foundation.
  public var errorDescription: String? { description }
}

extension Gallery {
  /// Stores many vectors in batches, each in one transaction: all of a batch, or none.
  ///
  /// ```swift
  /// try gallery.enroll(contentsOf: file.lazy.map { Enrollment(identity: $0.word, vector: $0.vector) })
  /// ```
  ///
  /// The sequence is read as it is stored, so that it may be larger than memory. The index follows in large pieces, at
  /// the speed of building it; answers meanwhile hold all that is stored, as always. A gallery that is opened with
  /// ``GalleryConfiguration/Indexing/onFirstQuery`` builds its index when it is first asked.
  ///
  /// - Parameters:
  ///   - enrollments: What to store.
  ///   - batch: How many go into one transaction; nil for 10,000, and fewer of very long vectors.
  ///   - replacing: What becomes of embeddings that are there already.
  ///   - progress: Called after each batch with the number stored so far.
  /// - Returns: How many were stored. The rows are durable.
  /// - Throws: ``BulkError``, which says how many are stored; ``GalleryError``, before anything is read of the sequence, for
  ///   a `batch` below 1 and for a gallery that is closed.
  @discardableResult
  public func enroll(
    contentsOf enrollments: some Sequence<Enrollment>, batch: Int? = nil, replacing: Replacement = .nothing,
    progress: ((Int) -> Void)? = nil
  ) throws -> Int {
    if let batch, batch < 1 { throw GalleryError.invalidArgument(reason: "a batch has at least one enrolment") }
    let bulk = try BulkEnrollment(self)
    var waiting: [Enrollment] = []
    func store() throws {
      let first = bulk.rows
      do {
        let rows = try CheckedEnrollments(waiting) { "enrolment \(first + $0 + 1)" }
        try bulk.store(rows, replacing: replacing)
      } catch let error as GalleryError where error.isReplacement {
        throw BulkError(enrolled: 0, reason: error)
      } catch {
        throw BulkError(enrolled: first, reason: error)
      }
      waiting.removeAll(keepingCapacity: true)
      progress?(bulk.rows)
    }
    for enrollment in enrollments {
      waiting.append(enrollment)
      if waiting.count >= batch ?? BulkEnrollment.usualBatch(enrollment.vector.count) { try store() }
    }
    if !waiting.isEmpty { try store() }
    return bulk.rows
  }
}
