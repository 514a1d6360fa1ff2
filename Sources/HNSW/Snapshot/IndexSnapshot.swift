import CKernels

/// An index as it was written down without its vectors, to be put together with them again.
///
///     let snapshot = try IndexSnapshot(path: path)
///     let loading = try snapshot.load()
///     for piece in 0..<loading.pieces { try loading.readPiece(piece) }
///     for (id, vector) in rows { loading.take(vector, id: id) }
///     let (index, missing) = try loading.finish()
///
/// What is in it is links and codes; the vectors come from where they belong, and each is compared with the one that the
/// graph was built from. So nothing of a vector is kept twice, and no index comes to be in memory that was not compared
/// with all its vectors.
///
/// Bytes are never trusted. Every piece has a checksum, and what a forger could have put behind a right one is looked
/// at as well: no number leads out of memory, no link to a place without a node, no node is on a level it has no links
/// for. A forged snapshot makes an index that searches badly, at the worst.
package final class IndexSnapshot: Sendable {
  /// What every snapshot begins with.
  package static let firstBytes: [UInt8] = Array("LIKENIDX".utf8)

  let source: SnapshotSource
  let header: SnapshotHeader
  let layout: SnapshotLayout
  let sums: [UInt64]
  /// What the writer wanted to know again.
  package let label: [UInt8]

  /// Opens a snapshot and reads what it says about itself.
  ///
  /// - Throws: ``SnapshotRefusal``.
  package convenience init(path: String) throws {
    try self.init(SnapshotSource(path: path))
  }

  /// A snapshot in memory.
  ///
  /// - Throws: ``SnapshotRefusal``.
  package convenience init(bytes: [UInt8]) throws {
    try self.init(SnapshotSource(bytes: bytes))
  }

  /// Reads a whole snapshot into an index whose vectors are all zero. For fuzzers: whatever the bytes are, this throws
  /// ``SnapshotRefusal``, or the index can be searched and changed.
  ///
  /// - Parameter limit: refuses snapshots of more slots.
  package static func read(bytes: [UInt8], limit: Int = 1 << 20) throws -> HNSWIndex {
    try read(IndexSnapshot(bytes: bytes), limit: limit)
  }

  /// Reads a whole snapshot from a file; see ``read(bytes:limit:)``.
  package static func read(path: String, limit: Int = 1 << 20) throws -> HNSWIndex {
    try read(IndexSnapshot(path: path), limit: limit)
  }

  private static func read(_ snapshot: IndexSnapshot, limit: Int) throws -> HNSWIndex {
    guard snapshot.slots <= limit else { throw SnapshotRefusal("it has \(snapshot.slots) slots") }
    let loading = try snapshot.load()
    for piece in 0..<loading.pieces { try loading.readPiece(piece) }
    return try loading.finish().index
  }

  private init(_ source: SnapshotSource) throws {
    self.source = source
    guard source.count >= SnapshotHeader.bytes else { throw SnapshotRefusal.damaged("it ends too early") }
    var words = [UInt64](repeating: 0, count: SnapshotHeader.words)
    try words.withUnsafeMutableBytes { try source.read(into: $0.baseAddress!, count: $0.count, at: 0) }
    header = try SnapshotHeader(decoding: words)
    let layout = SnapshotLayout(header, nodesPerChunk: NodeStorage.nodesPerChunk(dimension: header.dimension))
    guard layout.fileBytes == header.fileBytes, source.count == header.fileBytes else {
      throw SnapshotRefusal.damaged("it has \(source.count) bytes instead of \(layout.fileBytes)")
    }
    var sums = [UInt64](repeating: 0, count: layout.pieces)
    try sums.withUnsafeMutableBytes { bytes in
      guard let start = bytes.baseAddress else { return }
      try source.read(into: start, count: bytes.count, at: layout.tableOffset)
    }
    guard sums.withUnsafeBytes({ SnapshotOutput.sum($0, piece: layout.pieces) }) == header.digest else {
      throw SnapshotRefusal.damaged("its checksums do not add up")
    }
    for gap in layout.gaps {
      var bytes = [UInt8](repeating: 0, count: 64)
      try bytes.withUnsafeMutableBytes { try source.read(into: $0.baseAddress!, count: gap.count, at: gap.lowerBound) }
      guard bytes.allSatisfy({ $0 == 0 }) else { throw SnapshotRefusal.damaged("something is between its sections") }
    }
    self.layout = layout
    self.sums = sums
    label = try Self.section(.label, of: UInt8.self, source, layout, sums)
  }

  /// Values in each vector.
  package var dimension: Int { header.dimension }
  /// How vectors are compared.
  package var metric: Metric { header.metric }
  /// The vectors it was made of.
  package var count: Int { header.live }
  /// The places that loading it makes, some of them free.
  package var slots: Int { header.slots }
  /// Tells this snapshot from every other.
  package var digest: UInt64 { header.digest }

  /// Why an index with these parameters cannot be made of this snapshot, nil if one can.
  package func disagreement(with parameters: HNSWIndex.Parameters) -> String? {
    if parameters.M != header.M { return "M is \(header.M) in it" }
    if parameters.efConstruction != header.efConstruction { return "efConstruction is \(header.efConstruction) in it" }
    if parameters.seed != header.seed { return "its seed is \(header.seed)" }
    if (parameters.vectors != .memory) != header.isCompact {
      return header.isCompact ? "it is of a compact index" : "it is not of a compact index"
    }
    return nil
  }

  /// Makes room for the index and reads what all pieces need.
  ///
  /// - Parameter parameters: those of the index; by default those that are in the snapshot. Of a compact one the
  ///   folder must be given.
  /// - Throws: ``SnapshotRefusal``; ``IndexError`` where there is no room.
  package func load(parameters: HNSWIndex.Parameters? = nil) throws -> LoadingIndex {
    var own = HNSWIndex.Parameters(M: header.M, efConstruction: header.efConstruction, seed: header.seed)
    if header.isCompact { own.vectors = .file(folder: "/tmp") }
    let parameters = parameters ?? own
    if let difference = disagreement(with: parameters) { throw SnapshotRefusal(difference) }
    return try LoadingIndex(self, parameters: parameters)
  }

  /// The checksum by which a vector is known again: of the row that is stored, which has unit length under cosine.
  static func sum(of row: UnsafePointer<Float>, dimension: Int) -> UInt64 {
    ck_checksum(row, 4 * dimension, SnapshotHeader.magic)
  }

  /// A section that is one piece.
  func section<Element: BitwiseCopyable>(
    _ section: SnapshotLayout.Section, of type: Element.Type
  ) throws(SnapshotRefusal) -> [Element] {
    try Self.section(section, of: type, source, layout, sums)
  }

  private static func section<Element: BitwiseCopyable>(
    _ section: SnapshotLayout.Section, of type: Element.Type, _ source: SnapshotSource, _ layout: SnapshotLayout,
    _ sums: [UInt64]
  ) throws(SnapshotRefusal) -> [Element] {
    let piece = layout.piece(section, 0)
    if piece.length <= 0 { return [] }
    let count = piece.length / MemoryLayout<Element>.stride
    let memory = UnsafeMutableBufferPointer<Element>.allocate(capacity: count)
    defer { memory.deallocate() }
    let bytes = UnsafeMutableRawBufferPointer(memory)
    guard let start = bytes.baseAddress else { return [] }
    try source.read(into: start, count: bytes.count, at: piece.offset)
    guard SnapshotOutput.sum(UnsafeRawBufferPointer(bytes), piece: piece.number) == sums[piece.number] else {
      throw .damaged("the checksum of its \(section) is wrong")
    }
    return Array(memory)
  }

  /// Reads a piece into memory, summing it while it is in the cache.
  func read(_ section: SnapshotLayout.Section, _ i: Int, into target: UnsafeMutableRawPointer) throws(SnapshotRefusal) {
    let piece = layout.piece(section, i)
    var sum = UInt64(piece.number)
    var at = 0
    while at < piece.length {
      let count = min(SnapshotOutput.step, piece.length - at)
      try source.read(into: target + at, count: count, at: piece.offset + at)
      sum = ck_checksum(target + at, count, sum)
      at += count
    }
    guard sum == sums[piece.number] else { throw .damaged("the checksum of its \(section), piece \(i), is wrong") }
  }
}

extension IndexSnapshot {
  /// The same bytes with all checksums put right, for tests of what is behind them; nil where there is no header whose
  /// numbers say where they are.
  package static func sealed(_ bytes: [UInt8]) -> [UInt8]? {
    guard bytes.count >= SnapshotHeader.bytes else { return nil }
    var words = bytes.withUnsafeBytes { bytes in
      (0..<SnapshotHeader.words).map { bytes.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self) }
    }
    words[SnapshotHeader.words - 1] = SnapshotHeader.sum(words)
    guard var header = try? SnapshotHeader(decoding: words) else { return nil }
    let layout = SnapshotLayout(header, nodesPerChunk: NodeStorage.nodesPerChunk(dimension: header.dimension))
    guard layout.fileBytes == bytes.count else { return nil }
    var sums: [UInt64] = []
    bytes.withUnsafeBytes { bytes in
      for section in SnapshotLayout.Section.allCases {
        for i in 0..<layout.count(of: section) {
          let piece = layout.piece(section, i)
          let place = UnsafeRawBufferPointer(rebasing: bytes[piece.offset..<piece.offset + piece.length])
          sums.append(SnapshotOutput.sum(place, piece: piece.number))
        }
      }
    }
    header.digest = sums.withUnsafeBytes { SnapshotOutput.sum($0, piece: layout.pieces) }
    header.fileBytes = layout.fileBytes
    var result = bytes
    header.encoded.withUnsafeBytes { result.replaceSubrange(0..<SnapshotHeader.bytes, with: $0) }
    sums.withUnsafeBytes { result.replaceSubrange(layout.tableOffset..<layout.fileBytes, with: $0) }
    return result
  }
}
