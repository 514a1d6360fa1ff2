import GRDB

/// Stores embeddings a block at a time, with one statement: what SQLite does once a statement (looking up and writing the last
/// id, among others) costs as much as storing a row.
///
/// Only where no trigger runs, so that the ids of a block follow each other.
struct RowBlock: ~Copyable {
  /// How many rows a block has.
  static let size = 32

  private let statement: RawStatement
  private let vectors: UnsafeMutableRawBufferPointer
  private let bytes: Int
  /// What the attributes of each place are bound to.
  private var attributes: [String?] = Array(repeating: nil, count: size)

  init(_ db: Database, embedder: EmbedderRow, time: String) throws {
    // ?1 is the embedder, ?2 the time, and seven more are of each row.
    let rows = (0..<Self.size).map { row in
      let first = 3 + 7 * row
      let own = (first..<first + 7).map { "?\($0)" }
      return "(\(own[0]), ?1, \(own[1]), \(own[2]), \(own[3]), \(own[4]), ?2, \(own[5]), \(own[6]))"
    }
    let statement = try RawStatement(db, "\(EnrollmentInsertion.sql) VALUES \(rows.joined(separator: ", "))")
    try statement.bind(embedder.id, at: 1)
    try statement.bind(time, at: 2)
    bytes = 4 * embedder.dimension
    vectors = .allocate(byteCount: Self.size * bytes, alignment: 16)
    self.statement = statement
  }

  deinit { vectors.deallocate() }

  /// Puts an enrolment of an identity at a place of the block. Its vector has the embedder's dimension.
  mutating func set(_ place: Int, _ enrollment: borrowing Enrollment, attributes: String, of identity: Int64) throws {
    let first = Int32(3 + 7 * place)
    try statement.bind(identity, at: first)
    try statement.bind(enrollment.source, at: first + 1)
    try statement.bind(enrollment.sourceSHA256, at: first + 2)
    try statement.bind(enrollment.quality, at: first + 3)
    if attributes != self.attributes[place] {
      try statement.bind(attributes, at: first + 4)
      self.attributes[place] = attributes
    }
    let vector = UnsafeMutableRawBufferPointer(rebasing: vectors[place * bytes..<(place + 1) * bytes])
    enrollment.vector.withUnsafeBytes { vector.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0.prefix(bytes))) }
    try statement.bind(borrowing: UnsafeRawBufferPointer(vector), at: first + 5)
    try statement.bind(Int64(CRC32.of(UnsafeRawBufferPointer(vector))), at: first + 6)
  }

  /// Stores the block, all of whose places are set.
  ///
  /// - Returns: The id of the first row; the others' follow.
  func store() throws -> Int64 {
    try statement.run(changing: Int32(Self.size))
    return statement.lastInsertedRow - Int64(Self.size - 1)
  }
}
