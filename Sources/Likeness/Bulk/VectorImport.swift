import Files
import Foundation
import GRDB
import VectorFiles

/// A file of vectors on its way into a gallery.
///
/// ```swift
/// var options = ImportOptions()
/// options.embedder = "word2vec"
/// options.metric = .cosine
/// let file = try VectorImport(file: "words.vec", options: options)
/// let receipt = try file.run(into: Gallery(path: "words.gallery"))
/// ```
///
/// The file is read as it is stored, in memory for one batch. Batches are committed whole. How far the file is stored is
/// kept in the gallery, in the same transactions, so that after any crash an import with ``ImportOptions/resumes`` goes
/// on with the first row that is missing.
///
/// A row without a source of its own gets the file and the line, or the row's number: `words.vec:17`. So an import with
/// ``Replacement/sameSource`` of a file that was imported before changes what changed, and adds nothing.
public final class VectorImport {
  private let file: String
  private let options: ImportOptions
  private let reader: any VectorReader
  private let names: NameList?
  /// Which file has been opened.
  private let identity: FileIdentity?
  private var receipt = ImportReceipt()
  /// Rows of the file that this import has stored.
  private var rows = 0
  /// What rows call the file.
  private var label: String
  /// What earlier imports of the file have done.
  private var before = (enrolled: 0, batches: 0, leftOut: 0)
  /// What the gallery keeps of the file, as this import read it or wrote it last.
  private var ledger: ImportLedger?
  private let terms: ImportTerms
  private var hash: PrefixHash
  /// The first sound row of a stream, which was read to see its length, and is not stored yet.
  private var first: VectorRow?
  /// Whether rows may have been read for a gallery.
  private var hasRun = false

  /// Opens the file, and looks at its beginning; where that is a pipe, waits for it.
  ///
  /// - Throws: `VectorFileError` for a file that is not of its format, or cut short; for names that do not fit it.
  public init(file: String, options: ImportOptions = .init()) throws {
    self.file = file
    self.options = options
    label = file
    hash = PrefixHash(path: file)
    if let batch = options.batch, batch < 1 {
      throw GalleryError.invalidArgument(reason: "a batch has at least one row")
    }
    identity = FileIdentity(file)
    let reader = try VectorFile.reader(path: file, format: options.format)
    self.reader = reader
    let isNamed = (options.format ?? VectorFileFormat(path: file))?.hasNames ?? true
    names = try options.names.map { path in
      if isNamed { throw VectorFileError(path: path, reason: "is not needed: \(file) holds the names itself") }
      // They are counted first, and then read beside the rows.
      guard DurableFile.isRegular(path) else {
        throw VectorFileError(path: path, reason: "is no file that can be read twice: write the names into one")
      }
      let count = try NameList.count(path: path)
      if let rows = reader.rowCount, rows != count {
        throw VectorFileError(
          path: path, reason: "holds \(count) names, and \(file) \(rows) rows: one name a line, a line for each row")
      }
      return try NameList(path: path)
    }
    terms = try ImportTerms(file: file, options: options)
    dimension = reader.dimension
    if dimension == nil { dimension = try lengthOfFirst() }
  }

  /// The length of the first sound row, where only the rows tell.
  private func lengthOfFirst() throws -> Int? {
    // What has come through a pipe does not come again.
    let isStream = reader.byteCount == nil
    let start = reader.position
    while true {
      do {
        let row = try reader.next()
        if isStream { first = row } else { try reader.seek(to: start) }
        return row?.vector.count
      } catch let error as VectorFileError where error.canContinue && options.skipsBadRows {
        if isStream { leaveOut(error) }
      }
    }
  }

  /// The number of values in a row, by the file's beginning; nil for a file without rows.
  public private(set) var dimension: Int?

  /// Enrolls the file's rows. An import runs once: its rows are read as they are stored.
  ///
  /// - Parameters:
  ///   - gallery: Where to. One without an embedder gets the one that the options name.
  ///   - progress: Called after each batch.
  /// - Throws: ``ImportError`` where some rows may have been stored, ``GalleryError`` and `VectorFileError` otherwise:
  ///   ``GalleryError/invalidArgument(reason:)`` where it has run already.
  @discardableResult
  public func run(
    into gallery: Gallery, progress: ((ImportProgress) -> Void)? = nil
  ) throws -> ImportReceipt {
    if hasRun {
      throw GalleryError.invalidArgument(
        reason: "this import of \(file) has run already: make another VectorImport to import it again")
    }
    if let reason = gallery.readOnlyReason { throw GalleryError.readOnly(path: gallery.path, reason: reason) }
    let embedder = try self.embedder(of: gallery)
    hasRun = true
    receipt.metric = embedder.metric
    if try goOn(gallery) { return receipt }
    let bulk = try BulkEnrollment(gallery)
    let size = options.batch ?? BulkEnrollment.usualBatch(embedder.dimension)
    var batch = CheckedEnrollments(total: size) { _ in "the row" }
    var isAtEnd = false
    do {
      while !isAtEnd {
        batch.removeAll()
        while !isAtEnd, batch.enrollments.count < size {
          isAtEnd = try !takeRow(into: &batch, embedder)
        }
        try store(batch, bulk, embedder: embedder, isLast: isAtEnd)
        progress?(
          ImportProgress(
            rows: before.enrolled + rows, totalRows: reader.rowCount, bytes: reader.position.offset,
            totalBytes: reader.byteCount))
      }
    } catch {
      if receipt.batches == 0 { withdraw(embedder, from: gallery) }
      throw failure(error, gallery)
    }
    receipt.ignoredFields = reader.ignoredFields.sorted()
    // Where every row had a place to take, what the file was called does not matter.
    if bulk.tally.added == 0 { receipt.otherLabel = nil }
    return receipt
  }

  private func store(_ batch: CheckedEnrollments, _ bulk: BulkEnrollment, embedder: EmbedderRow, isLast: Bool) throws {
    let count = batch.enrollments.count
    var entry: ImportLedger?
    if reader.byteCount != nil {
      entry = ImportLedger(
        file: ImportLedger.absolute(file),
        fingerprint: try ImportLedger.fingerprint(of: file, before: reader.position.offset),
        position: reader.position,
        settings: .init(
          label: label, terms: terms, sha256: try hash.text(before: reader.position.offset), line: reader.position.line,
          enrolled: before.enrolled + rows + count,
          batches: before.batches + receipt.batches + (count == 0 ? 0 : 1),
          leftOut: before.leftOut + receipt.leftOutCount, finished: isLast))
      // The hashes are of what has the file's name, the rows of what was opened: asked last, as another file may get the
      // name while they are made.
      guard FileIdentity(file) == identity else {
        throw VectorFileError(
          path: file, reason: "another file has got its name while it was read: import that, or this under another name"
        )
      }
    }
    try bulk.store(batch, checked: embedder, replacing: options.replacing) { db in
      guard let entry else { return }
      let stored = try ImportLedger.stored(entry.file, in: db)
      if !ImportLedger.isSame(stored, ledger) { throw Overtaken() }
      try entry.write(db)
    }
    ledger = entry
    rows += count
    receipt.enrolled = bulk.tally.enrolled
    receipt.replaced = bulk.tally.replaced
    receipt.unchanged = bulk.tally.unchanged
    receipt.superseded = bulk.tally.superseded
    receipt.batches += count == 0 ? 0 : 1
  }

  /// Thrown where somebody else changed what the gallery keeps of the file.
  private struct Overtaken: Error {}

  // MARK: Rows

  /// Adds the next row that can be stored to a batch; false where there is none.
  private func takeRow(into batch: inout CheckedEnrollments, _ embedder: EmbedderRow) throws -> Bool {
    while true {
      do {
        guard let row = try takeFirst() ?? reader.next() else { return false }
        let name = try names.map { try $0.next() } ?? nil
        if names != nil, name == nil {
          throw VectorFileError(path: options.names ?? "", reason: "has no name for row \(row.number) of \(file)")
        }
        try add(row, name: name, to: &batch, embedder)
        return true
      } catch let error as VectorFileError where error.canContinue && options.skipsBadRows {
        leaveOut(error)
      }
    }
  }

  private func takeFirst() -> VectorRow? {
    defer { first = nil }
    return first
  }

  private func leaveOut(_ fault: VectorFileError) {
    receipt.leftOutCount += 1
    guard receipt.leftOut.count < ImportReceipt.named else { return }
    receipt.leftOut.append(.init(place: fault.place.map { "\($0)" } ?? fault.path, reason: fault.reason))
  }

  private func add(
    _ row: VectorRow, name: String?, to batch: inout CheckedEnrollments, _ embedder: EmbedderRow
  ) throws {
    let identity = name ?? row.identity ?? String(row.number)
    do {
      let enrollment = Enrollment(
        identity: identity, vector: row.vector, source: row.source ?? "\(label):\(row.number)",
        sourceSHA256: row.sourceSHA256, quality: row.quality)
      if let hash = row.sourceSHA256, !CheckedEnrollments.isSHA256(hash) {
        throw GalleryError.invalidArgument(
          reason: "the source_sha256 \"\(GalleryError.shortened(hash))\" is not 64 lower-case hexadecimal digits: "
            + "leave it out")
      }
      if let text = row.attributes {
        if let fault = Attributes.fault(text) {
          throw GalleryError.invalidArgument(reason: "the attributes \(fault)")
        }
      }
      try Gallery.check(
        row.vector, embedder: embedder, subject: "the vector for \"\(GalleryError.shortened(identity))\"")
      try batch.append(enrollment, attributes: row.attributes)
    } catch let error as GalleryError {
      throw VectorFileError(
        path: file, place: reader.place(row.number), reason: error.description, canContinue: true)
    }
  }

  // MARK: Beginning and end

  /// The embedder of the gallery, which is registered where it has none.
  private func embedder(of gallery: Gallery) throws -> EmbedderRow {
    if let stored = try gallery.reading({ db in try EmbedderRow.stored(in: db) }) {
      var difference: String?
      if let name = options.embedder, Name.composed(name) != stored.name {
        difference = "another name"
      } else if let metric = options.metric, metric != stored.metric {
        difference = "the metric \(metric.rawValue) instead of \(stored.metric.rawValue)"
      } else if let dimension = reader.dimension, dimension != stored.dimension {
        difference = "\(dimension) values a vector in \(file) instead of \(stored.dimension)"
      }
      if let difference {
        throw GalleryError.otherEmbedder(
          stored: stored.name, offered: options.embedder ?? stored.name, difference: difference)
      }
      return stored
    }
    guard let name = options.embedder else { throw GalleryError.noEmbedder(path: gallery.path) }
    guard let dimension else { throw VectorFileError(path: file, reason: "holds no vector to go by") }
    try gallery.register(
      EmbedderSpecification(name: name, kind: "vector", dimension: dimension, metric: options.metric ?? .euclidean))
    receipt.isNewEmbedder = true
    return try gallery.reading { db in try gallery.requiredEmbedder(db) }
  }

  /// A gallery that got its embedder for this import, and nothing of it, is free again.
  private func withdraw(_ embedder: EmbedderRow, from gallery: Gallery) {
    guard receipt.isNewEmbedder else { return }
    _ = try? gallery.writing { db in
      try db.execute(
        sql: "DELETE FROM embedder WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM embedding WHERE embedder_id = ?1)",
        arguments: [embedder.id])
    }
  }

  /// Goes to the first row that is missing; true where none is.
  private func goOn(_ gallery: Gallery) throws -> Bool {
    if reader.byteCount == nil { return false }
    let known: ImportLedger?
    (known, ledger) = try gallery.reading { db in
      (try ImportLedger.find(file, in: db), try ImportLedger.stored(ImportLedger.absolute(file), in: db))
    }
    guard let known else { return false }
    guard options.resumes else {
      var all = PrefixHash(path: file)
      if options.replacing == .sameSource {
        if known.settings.label != label, try known.isOf(file, &all) { receipt.otherLabel = known.settings.label }
        return false
      }
      guard try known.isOf(file, &all) else { return false }
      if known.settings.finished {
        receipt.enrolledAgain = known.settings.enrolled
      } else {
        throw ImportError(
          fault: "an import of \(file) was cut off", enrolled: known.settings.enrolled,
          batches: known.settings.batches, canResume: true, isRowFault: false)
      }
      return false
    }
    try checkTerms(known.settings)
    guard try known.position.offset <= reader.byteCount ?? 0 && known.isOf(file, &hash) else {
      throw VectorFileError(
        path: file,
        reason: "was changed in the \(known.position.row) rows that are enrolled of it: import it again as a whole, "
          + "replacing what has the same source (without resumes: --upsert without --resume)")
    }
    try reader.seek(to: known.position)
    try names?.skip(known.position.row)
    label = known.settings.label
    before = (known.settings.enrolled, known.settings.batches, known.settings.leftOut)
    receipt.skippedAsDone = known.position.row
    return known.settings.finished && known.position.offset == reader.byteCount
  }

  /// Refuses to go on otherwise than was begun.
  private func checkTerms(_ settings: ImportLedger.Settings) throws {
    if let begun = settings.terms {
      if let difference = terms.difference(from: begun) { throw VectorFileError(path: file, reason: difference) }
    } else if VectorFileFormat(rawValue: terms.format)?.hasNames == false {
      throw VectorFileError(
        path: file,
        reason: "was begun by an older version, which did not keep whether its rows have names of a file: import it "
          + "again as a whole, replacing what has the same source (without resumes: --upsert without --resume)")
    }
  }

  private func failure(_ error: any Error, _ gallery: Gallery) -> ImportError {
    var isRowFault = false
    if error is Overtaken || (error as? GalleryError)?.isReplacement == true { return overtaken(gallery) }
    if let fault = error as? VectorFileError { isRowFault = fault.canContinue }
    return ImportError(
      fault: "\(error)", enrolled: before.enrolled + rows, batches: before.batches + receipt.batches,
      canResume: reader.byteCount != nil, isRowFault: isRowFault)
  }

  /// What is said where the gallery is not as this import left it: what it holds of the file is what it says now.
  private func overtaken(_ gallery: Gallery) -> ImportError {
    let now = try? gallery.reading { db in try ImportLedger.stored(ImportLedger.absolute(file), in: db) }
    return ImportError(
      fault:
        "\(gallery.path) is not as the import of \(file) left it: another import of the file has gone on, or a copy "
        + "was put in the gallery's place\(now == nil ? ": import it again" : "")",
      enrolled: now?.settings.enrolled ?? 0, batches: now?.settings.batches ?? 0, canResume: reader.byteCount != nil,
      isRowFault: false)
  }
}
