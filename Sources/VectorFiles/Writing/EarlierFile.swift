import Files

/// What is already where a file of vectors is to be written: one of the same format gives way, as does an empty file.
/// Whatever else has the name stays.
package enum EarlierFile {
  /// Looks at a file's beginning.
  ///
  /// - Throws: ``VectorFileError`` for one that is not to be replaced.
  package static func check(_ path: String, format: VectorFileFormat) throws {
    guard case .file(let place)? = try? Destination(path) else { return }
    if let reason = DatabaseFiles.refusal(of: place) { throw VectorFileError(path: path, reason: reason) }
    guard isFilled(place) else { return }
    do {
      // A database that is in use is not opened at all: when it is closed, its locks in this process are gone.
      guard !["-wal", "-shm", "-journal"].contains(where: { DurableFile.size(place + $0) != nil }),
        try isOne(place, format)
      else { throw VectorFileError(path: place, reason: "") }
    } catch {
      throw VectorFileError(
        path: path,
        reason: "is there already, and is no \(format.rawValue) file of vectors that another could replace: "
          + "name another place, or remove it first")
    }
  }

  /// Whether there is a file at a path with anything in it.
  static func isFilled(_ path: String) -> Bool {
    DurableFile.isRegular(path) && (DurableFile.size(Links.followed(path)) ?? 0) > 0
  }

  /// As many rows tell text that reads as a row by chance.
  private static let rows = 16

  private static func isOne(_ path: String, _ format: VectorFileFormat) throws -> Bool {
    if format == .projector { return try isProjectors(path) }
    let reader = try VectorFile.reader(path: path, format: format)
    switch format {
    case .npy, .fvecs, .bvecs, .csv, .projector: return true
    case .jsonl: return try reader.next() != nil
    case .word2vec:
      // A word and a number is a line of any list, and numbers between tabs read as a word and its values.
      if reader.rowCount == nil, try reader.dimension ?? 0 < 2 || isProjectors(path) { return false }
      for _ in 0..<rows {
        if try reader.next() == nil { break }
      }
      return true
    }
  }

  private static func isProjectors(_ path: String) throws -> Bool {
    let lines = try TextRows(ByteSource(path: path))
    // A line is in its file's buffer.
    return try withExtendedLifetime(lines) {
      guard let line = try lines.next() else { return false }
      return line.split(separator: 9, omittingEmptySubsequences: false).allSatisfy {
        DecimalFloat.parse(UnsafeRawBufferPointer(rebasing: $0)) != nil
      }
    }
  }

  /// Whether a file is the list of names, or the labels, of the one at `main`, or can be nothing but such a list.
  static func isCompanion(_ path: String, of main: String, format: VectorFileFormat) -> Bool {
    if format == .projector {
      let first = try? NameList(path: path).next()
      return first == "identity\tsource"
    }
    do {
      if path.lowercased().hasSuffix(".names") {
        let list = try NameList(path: path)
        for _ in 0..<rows {
          if try list.next() == nil { break }
        }
        return true
      }
      guard isFilled(main) else { return false }
      let rows = try VectorFile.reader(path: main, format: format).rowCount
      return try rows == NameList.count(path: path)
    } catch {
      return false
    }
  }
}
