import Foundation
import Likeness
import Seeded

/// What a case promised, and how it came out.
enum Verdict: Sendable {
  /// The rows are those after this many commits.
  case sound(commits: Int)
  /// Something acknowledged is not there.
  case lost(String)
  /// The rows are none that ever were, an answer is not what the rows say, or the gallery does not open.
  case wrong(String)
}

/// Looks at what a crash left: by SQLite alone, then through the library.
struct Examination {
  /// What the rows were before the first commit, after it, and so on.
  let states: [Rows]
  /// Vectors that were forgotten, by the number of commits after which no byte of them may be left.
  let forgotten: [(commits: Int, vector: [Float])]

  init(_ operations: [Operation]) {
    var rows = Rows()
    var states = [rows]
    var forgotten: [(Int, [Float])] = []
    for commit in operations.flatMap(\.commits) {
      let before = rows
      commit(&rows)
      states.append(rows)
      if rows.rows.count < before.rows.count {
        let left = Set(rows.rows.map(\.vector))
        for row in before.rows where !left.contains(row.vector) { forgotten.append((states.count - 1, row.vector)) }
      }
    }
    self.states = states
    self.forgotten = forgotten
  }

  /// Examines the gallery at `path`, which nobody has open: it holds at least `acknowledged` commits and no more than
  /// `attempted`.
  func examine(
    _ path: String, acknowledged: Int, attempted: Int, configuration: GalleryConfiguration, seed: UInt64
  ) -> Verdict {
    let rows: Rows
    do {
      rows = try Self.readCopy(of: path)
    } catch {
      return .wrong("SQLite alone: \(error)")
    }
    guard let commits = states.indices.last(where: { states[$0] == rows && $0 <= attempted }) else {
      return .wrong("the rows (\(rows.rows.count)) are none that ever were")
    }
    if commits < acknowledged { return .lost("\(acknowledged) commits were acknowledged, \(commits) are there") }
    do {
      let gallery = try Gallery(path: path, configuration: configuration)
      try gallery.register(Subject.embedder)
      if let fault = try Self.compare(gallery, with: rows, seed: seed) { return .wrong(fault) }
      try gallery.close()
      if try PlainReader.read(path) != rows { return .wrong("opening the gallery changed its rows") }
    } catch {
      return .wrong("the gallery: \(error)")
    }
    for (number, vector) in forgotten where number <= commits {
      if let file = Self.trace(of: vector, path) { return .wrong("bytes of a forgotten vector are left in \(file)") }
    }
    return .sound(commits: commits)
  }

  /// What a gallery answers otherwise than its rows say; nil where nothing.
  static func compare(_ gallery: Gallery, with rows: Rows, seed: UInt64) throws -> String? {
    var random = Seeded(seed)
    for _ in 0..<2 {
      // A row's own vector too, which has to be found at no distance.
      let own = rows.rows.randomElement(using: &random)?.vector
      for probe in [random.vector(Subject.dimension), own].compactMap(\.self) {
        let answer = try gallery.query(.vector(probe), k: 5, by: .embedding)
        let expected = rows.nearest(probe, k: 5)
        if answer.gallerySize.embeddings != rows.rows.count {
          return "\(answer.gallerySize.embeddings) embeddings are searched, there are \(rows.rows.count)"
        }
        let found = answer.candidates.map { Double($0.distance) }
        if found.count != expected.count || zip(found, expected).contains(where: { abs($0 - $1) > 1e-4 }) {
          return "an answer has the distances \(found), the rows \(expected)"
        }
        for candidate in answer.candidates {
          let isThere = rows.rows.contains {
            $0.identity == candidate.identity && $0.source == candidate.source
              && abs(Rows.distance(probe, $0.vector) - Double(candidate.distance)) < 1e-4
          }
          if !isThere { return "an answer names \(candidate.identity) where the rows do not" }
        }
      }
    }
    let wrong = try gallery.indexDisagreements()
    return wrong.isEmpty ? nil : "the index disagrees with the rows \(wrong.prefix(5))"
  }

  /// Reads a copy, so that the library finds what the crash left and not what SQLite made of it.
  private static func readCopy(of path: String) throws -> Rows {
    let copy = try Folder()
    for suffix in ["", "-wal", "-journal"] where FileManager.default.fileExists(atPath: path + suffix) {
      try FileManager.default.copyItem(atPath: path + suffix, toPath: copy.path + "/copy" + suffix)
    }
    guard FileManager.default.fileExists(atPath: copy.path + "/copy") else { return Rows() }
    return try PlainReader.read(copy.path + "/copy")
  }

  /// The file in which a run of the vector is left, among the gallery's own.
  private static func trace(of vector: [Float], _ path: String) -> String? {
    let runs = vector.withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count - 7, by: 8).map { Data(bytes[$0..<$0 + 8]) }
    }
    let folder = (path as NSString).deletingLastPathComponent
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    for name in names where name.hasPrefix(Subject.fileName) && !name.hasSuffix("-shm") {
      guard let bytes = FileManager.default.contents(atPath: folder + "/" + name) else { continue }
      if runs.contains(where: { bytes.range(of: $0) != nil }) { return name }
    }
    return nil
  }
}

/// A folder of its own, gone with it.
final class Folder {
  let path: String

  init() throws {
    // What a crash leaves is made up here, not by the disk: one in memory is as good and faster. The faulty disk watches
    // paths as SQLite names them, without links.
    let inMemory = "/dev/shm"
    let temporary = FileManager.default.temporaryDirectory.resolvingSymlinksInPath().path
    path =
      (FileManager.default.isWritableFile(atPath: inMemory) ? inMemory : temporary) + "/likeness-crash-"
      + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}
