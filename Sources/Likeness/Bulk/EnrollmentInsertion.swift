import GRDB

/// Stores enrolments in one write transaction. What does not change from row to row is found out once.
struct EnrollmentInsertion: ~Copyable {
  private let db: Database
  private let embedder: EmbedderRow
  private let time: String
  private let identity: RawStatement
  private let newIdentity: RawStatement
  private let embedding: RawStatement
  private let sameSource: RawStatement
  private var identities: [String: Int64] = [:]
  private var last: (name: String?, id: Int64) = (nil, 0)
  /// What the statement's attributes are bound to.
  private var attributes: String?

  init(_ db: Database, embedder: EmbedderRow) throws {
    let now = try Moment.now(in: db)
    let identity = try RawStatement(db, "SELECT id FROM identity WHERE name = ?")
    let newIdentity = try RawStatement(db, "INSERT INTO identity (name, created_at) VALUES (?, ?)")
    try newIdentity.bind(now, at: 2)
    let embedding = try RawStatement(db, "\(Self.sql) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
    let sameSource = try RawStatement(
      db, "SELECT id FROM embedding WHERE identity_id = ? AND source = ? AND embedder_id = ? ORDER BY id")
    try embedding.bind(embedder.id, at: 2)
    try embedding.bind(now, at: 7)
    self.db = db
    self.embedder = embedder
    self.identity = identity
    self.newIdentity = newIdentity
    self.embedding = embedding
    self.sameSource = sameSource
    time = now
  }

  /// What begins every statement that stores embeddings.
  static let sql = """
    INSERT INTO embedding (identity_id, embedder_id, source, source_sha256, quality, attributes, created_at, vector, crc32)
    """

  /// Refuses vectors that the gallery's embedder cannot have made.
  func check(_ rows: CheckedEnrollments) throws {
    for index in rows.enrollments.indices {
      try Gallery.check(rows.enrollments[index].vector, embedder: embedder, subject: rows.subject(index))
    }
  }

  /// The first fault of vectors that the gallery's embedder cannot have made.
  func fault(in rows: CheckedEnrollments) -> (any Error)? {
    do {
      try check(rows)
      return nil
    } catch {
      return error
    }
  }

  /// Stores the rows, and returns their ids with what each did.
  ///
  /// - Parameters:
  ///   - replacing: What becomes of embeddings that are there already.
  ///   - triggers: Whose log the changes belong into.
  mutating func insert(
    _ rows: CheckedEnrollments, replacing: Replacement, _ triggers: TriggerSuspension?
  ) throws -> StoredRows {
    var stored = StoredRows()
    stored.ids.reserveCapacity(rows.enrollments.count)
    if replacing == .nothing {
      let done = triggers == nil ? 0 : try insertBlocks(rows, &stored.ids)
      for index in rows.enrollments.indices[done...] {
        let owner = try find(rows.names[index], given: rows.enrollments[index].identity)
        stored.ids.append(try add(rows.enrollments[index], attributes: rows.attributes[index], to: owner))
      }
      return stored
    }
    stored.fates.reserveCapacity(rows.enrollments.count)
    for (index, enrollment) in rows.enrollments.enumerated() {
      let owner = try find(rows.names[index], given: enrollment.identity)
      let found = try enrollment.source.map { try embeddings(of: owner, from: $0) } ?? []
      if let kept = found.first {
        let isChanged = try replace(kept, enrollment, attributes: rows.attributes[index])
        if isChanged { try triggers?.note("update", kept) }
        for extra in found.dropFirst() {
          try delete(extra)
          try triggers?.note("delete", extra)
        }
        stored.ids.append(EmbeddingID(kept))
        stored.fates.append(isChanged ? .replaced(further: found.count - 1) : .kept(further: found.count - 1))
      } else {
        let id = try add(enrollment, attributes: rows.attributes[index], to: owner)
        try triggers?.note("insert", id.rawValue)
        stored.ids.append(id)
        stored.fates.append(.added)
      }
    }
    return stored
  }

  /// Stores as many rows as fill blocks, where no trigger runs; how many.
  private mutating func insertBlocks(_ rows: CheckedEnrollments, _ ids: inout [EmbeddingID]) throws -> Int {
    let count = rows.enrollments.count / RowBlock.size * RowBlock.size
    if count == 0 { return 0 }
    var block = try RowBlock(db, embedder: embedder, time: time)
    for start in stride(from: 0, to: count, by: RowBlock.size) {
      for place in 0..<RowBlock.size {
        let index = start + place
        let owner = try find(rows.names[index], given: rows.enrollments[index].identity)
        try block.set(place, rows.enrollments[index], attributes: rows.attributes[index], of: owner)
      }
      let first = try block.store()
      for place in 0..<RowBlock.size { ids.append(EmbeddingID(first + Int64(place))) }
    }
    return count
  }

  /// The embeddings that an identity has from a source, oldest first.
  private func embeddings(of identity: Int64, from source: String) throws -> [Int64] {
    sameSource.reset()
    try sameSource.bind(identity, at: 1)
    try sameSource.bind(source, at: 2)
    try sameSource.bind(embedder.id, at: 3)
    var ids: [Int64] = []
    while try sameSource.step() { ids.append(sameSource.integer(0)) }
    sameSource.reset()
    return ids
  }

  /// Forgets what was found out, after some of it was undone.
  mutating func reset() { (identities, last) = ([:], (nil, 0)) }

  /// The id of the identity with this name, which is made where there is none.
  private mutating func find(_ name: String, given: String) throws -> Int64 {
    // Those of an identity often come one after the other.
    if name == last.name { return last.id }
    let id = try identities[name] ?? findInFile(name, given: given)
    last = (name, id)
    return id
  }

  private mutating func findInFile(_ name: String, given: String) throws -> Int64 {
    // Composed, or else byte for byte as given.
    for form in [name, given] {
      identity.reset()
      try identity.bind(form, at: 1)
      if try identity.step() {
        let id = identity.integer(0)
        identity.reset()
        identities[name] = id
        return id
      }
      if form.utf8.elementsEqual(given.utf8) { break }
    }
    identity.reset()
    try newIdentity.bind(name, at: 1)
    try newIdentity.run(changing: 1)
    let id = newIdentity.lastInsertedRow
    identities[name] = id
    return id
  }

  private mutating func add(_ enrollment: Enrollment, attributes: String, to identity: Int64) throws -> EmbeddingID {
    try embedding.bind(identity, at: 1)
    try embedding.bind(enrollment.source, at: 3)
    try embedding.bind(enrollment.sourceSHA256, at: 4)
    try embedding.bind(enrollment.quality, at: 5)
    if attributes != self.attributes {
      try embedding.bind(attributes, at: 6)
      self.attributes = attributes
    }
    try enrollment.vector.withUnsafeBytes { bytes in
      try embedding.bind(borrowing: bytes, at: 8)
      try embedding.bind(Int64(CRC32.of(bytes)), at: 9)
      try embedding.run(changing: 1)
    }
    return EmbeddingID(embedding.lastInsertedRow)
  }

  /// Puts an enrolment in the place of a row; false where the row is like that already.
  private func replace(_ id: Int64, _ enrollment: Enrollment, attributes: String) throws -> Bool {
    let update = try RawStatement(
      db,
      """
      UPDATE embedding SET source_sha256 = ?2, quality = ?3, attributes = ?4, vector = ?5, crc32 = ?6,
        created_at = ?7
      WHERE id = ?1 AND (vector IS NOT ?5 OR crc32 IS NOT ?6 OR source_sha256 IS NOT ?2 OR quality IS NOT ?3
        OR attributes IS NOT ?4)
      """)
    try update.bind(id, at: 1)
    try update.bind(enrollment.sourceSHA256, at: 2)
    try update.bind(enrollment.quality, at: 3)
    try update.bind(attributes, at: 4)
    try update.bind(time, at: 7)
    try enrollment.vector.withUnsafeBytes { bytes in
      try update.bind(borrowing: bytes, at: 5)
      try update.bind(Int64(CRC32.of(bytes)), at: 6)
      try update.run()
    }
    return db.changesCount > 0
  }

  private func delete(_ id: Int64) throws {
    let deletion = try RawStatement(db, "DELETE FROM embedding WHERE id = ?")
    try deletion.bind(id, at: 1)
    try deletion.run(changing: 1)
  }
}

/// Enrolments with what can be said of them without the file.
struct CheckedEnrollments: Sendable {
  private(set) var enrollments: [Enrollment] = []
  /// Their identities' names in composed form.
  private(set) var names: [String] = []
  /// Their attributes as JSON.
  private(set) var attributes: [String] = []
  /// How many there will be.
  private let total: Int
  /// What each is called in an error; nil for its place among all.
  private let label: (@Sendable (Int) -> String)?

  /// Room for so many.
  init(total: Int, label: (@Sendable (Int) -> String)? = nil) {
    self.total = total
    self.label = label
    enrollments.reserveCapacity(min(total, 100_000))
    names.reserveCapacity(min(total, 100_000))
    attributes.reserveCapacity(min(total, 100_000))
  }

  init(_ enrollments: [Enrollment], label: (@Sendable (Int) -> String)? = nil) throws {
    self.init(total: enrollments.count, label: label)
    for enrollment in enrollments { try append(enrollment) }
  }

  /// Adds one, unless something is wrong with it.
  ///
  /// - Parameter given: its attributes as JSON, where they came so: they are stored to the letter.
  mutating func append(_ enrollment: Enrollment, attributes given: String? = nil) throws {
    let name = try Name.checked(enrollment.identity)
    let text = try given ?? (enrollment.attributes.isEmpty ? "{}" : Attributes.text(enrollment.attributes))
    if let quality = enrollment.quality, !quality.isFinite {
      throw GalleryError.invalidArgument(
        reason: "\(subject(enrollment, enrollments.count)) has the quality \(quality): give a number or nothing")
    }
    if let hash = enrollment.sourceSHA256, !Self.isSHA256(hash) {
      throw GalleryError.invalidArgument(
        reason: "\(subject(enrollment, enrollments.count)) has a sourceSHA256 that is not 64 lower-case hexadecimal "
          + "digits: give nothing instead")
    }
    enrollments.append(enrollment)
    names.append(name)
    attributes.append(text)
  }

  /// Whether a text is lower-case hexadecimal SHA-256.
  static func isSHA256(_ text: String) -> Bool {
    text.utf8.count == 64 && text.utf8.allSatisfy(Gallery.isHexadecimal)
  }

  /// Makes room again.
  mutating func removeAll() {
    enrollments.removeAll(keepingCapacity: true)
    names.removeAll(keepingCapacity: true)
    attributes.removeAll(keepingCapacity: true)
  }

  /// What a row is called in an error.
  func subject(_ index: Int) -> String { subject(enrollments[index], index) }

  private func subject(_ enrollment: Enrollment, _ index: Int) -> String {
    if let label { return label(index) }
    let name = GalleryError.shortened(enrollment.identity)
    return total == 1 ? "the vector for \"\(name)\"" : "vector \(index + 1) of \(total), for \"\(name)\","
  }
}
