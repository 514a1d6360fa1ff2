import Files
import Foundation
import Networks

/// The files that a corpus is read from.
enum CorpusFiles {
  /// A file, or all files of a folder and the folders in it, in the order of their names, hidden ones left out; each is
  /// looked through, for a word of what is no text must not come into the vocabulary.
  ///
  /// - Parameter skipsBroken: whether files of a folder that are not text, or cannot be read, are left out.
  /// - Throws: ``WordTrainingError`` naming the first such file, where that is not so or nothing would be left.
  static func texts(
    at path: String, skipsBroken: Bool
  ) throws -> (files: [(path: String, size: Int)], skipped: [LabelledInputs.Skipped]) {
    var texts: [(path: String, size: Int)] = []
    var skipped: [LabelledInputs.Skipped] = []
    var first: WordTrainingError?
    for file in try files(at: path) {
      do {
        try check(file.path)
        texts.append(file)
      } catch let error as WordTrainingError {
        guard skipsBroken, file.path != path else { throw error }
        first = first ?? error
        skipped.append(.init(path: file.path, reason: reason(error)))
      }
    }
    if texts.isEmpty, let first { throw first }
    return (texts, skipped)
  }

  /// Calls `body` with the bytes of a file, piece after piece.
  static func readPieces(of path: String, _ body: (UnsafeBufferPointer<UInt8>) throws -> Void) throws {
    guard let handle = FileContents.handle(path) else {
      throw WordTrainingError.unreadable(path: path, reason: "cannot be read")
    }
    defer { try? handle.close() }
    while true {
      let piece: Data
      do {
        piece = try handle.read(upToCount: 1 << 20) ?? Data()
      } catch {
        throw WordTrainingError.unreadable(path: path, reason: "cannot be read (\(error.localizedDescription))")
      }
      if piece.isEmpty { break }
      try piece.withUnsafeBytes { try body($0.assumingMemoryBound(to: UInt8.self)) }
    }
  }

  private static func check(_ path: String) throws {
    var check = TextCheck()
    try readPieces(of: path) { check.read($0) }
    if let reason = check.finish() { throw WordTrainingError.notText(path: path, reason: reason) }
  }

  private static func reason(_ error: WordTrainingError) -> String {
    switch error {
    case .unreadable(_, let reason), .notText(_, let reason): reason
    default: "\(error)"
    }
  }

  static func files(at path: String) throws -> [(path: String, size: Int)] {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw WordTrainingError.unreadable(path: path, reason: "there is no such file or folder")
    }
    func size(_ path: String) -> Int {
      ((try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? NSNumber)?.intValue ?? 0
    }
    if !isFolder.boolValue { return [(path, size(path))] }
    guard let names = FileManager.default.enumerator(atPath: path) else {
      throw WordTrainingError.unreadable(path: path, reason: "cannot be read")
    }
    var files: [(path: String, size: Int)] = []
    while let name = names.nextObject() as? String {
      if name.split(separator: "/").contains(where: { $0.hasPrefix(".") }) { continue }
      let file = (path as NSString).appendingPathComponent(name)
      guard (try? FileManager.default.attributesOfItem(atPath: file))?[.type] as? FileAttributeType == .typeRegular
      else { continue }
      files.append((file, size(file)))
    }
    return files.sorted { $0.path < $1.path }
  }
}
