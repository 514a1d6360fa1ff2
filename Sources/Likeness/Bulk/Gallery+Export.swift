import Files
import Foundation
import GRDB
import VectorFiles

/// What an export wrote.
public struct ExportReceipt: Sendable, Hashable {
  /// How many embeddings are in the file.
  public var exported = 0
  /// How many rows were left out because their vectors are damaged, see ``Gallery/info()``.
  public var leftOut = 0
  /// The file of names or labels that belongs to it; nil where the file itself holds the names.
  public var names: String?
}

extension Gallery {
  /// Writes all embeddings of the gallery's embedder into a file, in the order of enrolment.
  ///
  /// The file is that of one moment, whatever is written meanwhile, in memory for a few rows. It is there when it is
  /// whole, in the place of a file of vectors of that name; what else has it stays, and is an error. Reading it gives the
  /// same float32 values, bit for bit.
  ///
  /// - Parameters:
  ///   - path: Where the file shall be: a symbolic link stays, and what it leads to is replaced; a pipe or a device gets
  ///     the rows as they come, in formats that can be written front to back.
  ///   - format: Its format; nil to go by the end of its name.
  ///   - names: Where names or labels go that the format has no place for; nil for a place beside it.
  ///   - progress: Called from this thread now and then with the number of rows written, and of all.
  /// - Throws: ``GalleryError``; `VectorFileError` where the file cannot be written, or cannot hold a name.
  @discardableResult
  public func exportVectors(
    to path: String, format: VectorFileFormat? = nil, names: String? = nil, progress: ((Int, Int) -> Void)? = nil
  ) throws -> ExportReceipt {
    // Those that SQLite and the index keep beside it may not be there at this moment.
    let own = ["", "-wal", "-shm", "-journal", "-index"].map { Links.absolute(self.path) + $0 }
    for place in [path, names].compactMap({ $0 })
    where own.contains(where: { $0 == Links.absolute(place) || DurableFile.isSame($0, place) }) {
      throw GalleryError.invalidArgument(reason: "\(place) is the gallery itself, or belongs to it: name another file")
    }
    return try reading { db in
      let embedder = try requiredEmbedder(db)
      let format = format ?? VectorFileFormat(path: path)
      if let names, let format, VectorFile.companionPath(of: path, format: format) == nil {
        throw GalleryError.invalidArgument(
          reason: "\(names) is not needed: \(path) holds the names itself: leave names (--names) out")
      }
      let total = Int(try db.integer("SELECT count(*) FROM embedding WHERE embedder_id = ?", embedder.id))
      var receipt = ExportReceipt()
      // word2vec's first line says how many rows follow.
      let sound = format == .word2vec ? try Self.soundRows(embedder, in: db) : nil
      let writer = try VectorFile.writer(
        path: path, format: format, dimension: embedder.dimension, names: names, rows: sound)
      receipt.names = format.flatMap { VectorFile.companionPath(of: path, format: $0) }.map { names ?? $0 }
      let rows = try RawStatement(
        db,
        """
        SELECT e.id, e.vector, i.name, e.source, e.source_sha256, e.quality, e.attributes
        FROM embedding AS e JOIN identity AS i ON i.id = e.identity_id WHERE e.embedder_id = ? ORDER BY e.id
        """)
      try rows.bind(embedder.id, at: 1)
      var last: Int64?
      while try rows.step() {
        last = try rows.id(0, after: last)
        let blob = rows.blob(1)
        guard let blob, VectorFault.find(inRow: blob, embedder: embedder) == nil else {
          receipt.leftOut += 1
          continue
        }
        let vector = [Float](unsafeUninitializedCapacity: embedder.dimension) { buffer, count in
          UnsafeMutableRawBufferPointer(buffer).copyMemory(from: blob)
          count = embedder.dimension
        }
        try writer.write(
          VectorRow(
            identity: rows.text(2), vector: vector, source: rows.text(3), sourceSHA256: rows.text(4),
            quality: rows.number(5), attributes: rows.text(6)))
        receipt.exported += 1
        if receipt.exported % 1_024 == 0 { progress?(receipt.exported, total) }
      }
      try writer.finish()
      progress?(total, total)
      return receipt
    }
  }

  private static func soundRows(_ embedder: EmbedderRow, in db: Database) throws -> Int {
    let rows = try RawStatement(
      db,
      """
      SELECT e.vector FROM embedding AS e JOIN identity AS i ON i.id = e.identity_id WHERE e.embedder_id = ?
      """)
    try rows.bind(embedder.id, at: 1)
    var count = 0
    while try rows.step() {
      if VectorFault.find(inRow: rows.blob(0), embedder: embedder) == nil { count += 1 }
    }
    return count
  }
}
