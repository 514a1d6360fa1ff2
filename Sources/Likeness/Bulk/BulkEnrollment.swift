import GRDB

/// Stores batch after batch, a transaction each, with what a connection may do differently while that goes on.
///
/// The index waits: it follows in large pieces, at the speed of building one, and not after every batch.
final class BulkEnrollment {
  private let gallery: Gallery
  /// Rows stored since the index followed.
  private var behind = 0
  /// Batches stored so far.
  private(set) var batches = 0
  /// Enrolments stored so far.
  private(set) var rows = 0
  /// The rows that came of them.
  private(set) var tally = EnrollmentTally()
  /// What the gallery was after the last batch.
  private var lineage: Lineage?

  init(_ gallery: Gallery) throws {
    self.gallery = gallery
    try gallery.translating {
      try gallery.connections.onWriter { db in
        // The write-ahead log is copied into the file once it has 64 MB, not 4: pages that a few batches write are
        // then copied once.
        _ = try db.integer("PRAGMA wal_autocheckpoint = 16384")
      }
    }
  }

  deinit {
    _ = try? gallery.connections.onWriter { db in
      _ = try db.integer("PRAGMA wal_autocheckpoint = 1000")
      _ = try db.checkpoint(.passive)
    }
    gallery.followAfterWrite(step: Self.piece(gallery.configuration))
  }

  /// Stores rows in one transaction.
  ///
  /// - Parameters:
  ///   - rows: What to store.
  ///   - checked: The embedder that the vectors were checked for; nil to check them.
  ///   - replacing: What becomes of embeddings that are there already.
  ///   - body: What else belongs in the transaction.
  /// - Throws: ``GalleryError/replaced(path:)`` where batches before may be there no more, and all else that storing throws.
  func store(
    _ rows: CheckedEnrollments, checked: EmbedderRow? = nil, replacing: Replacement,
    _ body: (Database) throws -> Void = { _ in }
  ) throws {
    let count = rows.enrollments.count
    var lineage: Lineage?
    let (dimension, stored) = try gallery.writing(isFollowed: false) { db in
      if try self.lineage?.goesOn(in: db) == false { throw GalleryError.replaced(path: gallery.path) }
      let embedder = try gallery.embedderToWriteBy(db)
      var insertion = try EnrollmentInsertion(db, embedder: embedder)
      if embedder != checked { try insertion.check(rows) }
      let stored = try TriggerSuspension.during(rows, replacing: replacing, in: db) { triggers in
        try insertion.insert(rows, replacing: replacing, triggers)
      }
      try body(db)
      lineage = try Lineage(of: db)
      return (embedder.dimension, stored)
    }
    self.lineage = lineage
    tally.add(stored)
    self.rows += count
    batches += 1
    behind += count
    // No further behind than the change log reaches, and than there is memory for.
    let piece = Self.piece(gallery.configuration)
    if behind >= min(piece, max(1, 33_554_432 / dimension)) {
      gallery.followAfterWrite(step: piece)
      behind = 0
    }
  }

  /// How many vectors the index takes up at once.
  private static func piece(_ configuration: GalleryConfiguration) -> Int {
    max(1, min(configuration.changeLogLimit, 131_072))
  }

  /// How many rows of `dimension` values are in a batch, where nobody says otherwise.
  static func usualBatch(_ dimension: Int) -> Int { max(1, min(10_000, 16_777_216 / max(dimension, 1))) }
}
