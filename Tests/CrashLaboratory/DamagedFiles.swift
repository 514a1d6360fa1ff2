import Foundation
import Likeness
import Seeded

/// Makes a gallery, damages its files while nobody has them open, and opens it.
struct DamagedFiles {
  let crashCase: CrashCase
  let damage: Damage
  private let configuration: GalleryConfiguration
  private var random: Seeded

  init(_ crashCase: CrashCase, _ damage: Damage, seed: UInt64) {
    self.crashCase = crashCase
    self.damage = damage
    configuration = Subject.configuration(walking: crashCase.isWalking)
    random = Seeded(seed)
  }

  mutating func run(seed: UInt64, most: Int) throws -> Outcome {
    let operations = crashCase.operations(seed: seed)
    let folder = try Folder()
    let subject = Subject(folder: folder.path, configuration: configuration)
    _ = try subject.gallery
    for operation in operations { try operation.perform(subject) }
    // The files as they are while the gallery is open, with everything since its making in the log; or closed.
    let isLog = damage == .logCutAnywhere || damage == .logBitFlip
    if !isLog { try subject.close() }
    let file = FileManager.default.contents(atPath: subject.path) ?? Data()
    let log = isLog ? FileManager.default.contents(atPath: subject.path + "-wal") ?? Data() : Data()
    if isLog { try subject.close() }

    let examination = Examination(operations)
    var outcome = Outcome()
    for (what, damaged, damagedLog) in damages(file, log, most: most) {
      let album = try Folder()
      let path = album.path + "/" + Subject.fileName
      try damaged.write(to: URL(fileURLWithPath: path))
      if isLog { try damagedLog.write(to: URL(fileURLWithPath: path + "-wal")) }
      if isLog {
        // The log's checksums: what is left is the rows after some commit.
        outcome.take(
          examination.examine(
            path, acknowledged: 0, attempted: .max, configuration: configuration, seed: random.next()), what)
      } else {
        outcome.take(use(path), what)
      }
    }
    return outcome
  }

  private mutating func damages(_ file: Data, _ log: Data, most: Int) -> [(String, Data, Data)] {
    var found: [(String, Data, Data)] = []
    switch damage {
    case .logCutAnywhere:
      for _ in 0..<most {
        let count = Int.random(in: 0...log.count, using: &random)
        found.append(("log cut to \(count) of \(log.count)", file, log.prefix(count)))
      }
    case .logBitFlip:
      for _ in 0..<most where !log.isEmpty {
        let place = Int.random(in: 0..<log.count, using: &random)
        var damaged = log
        damaged[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        found.append(("log flipped at \(place)", file, damaged))
      }
    case .fileCutAtEveryPage:
      for count in stride(from: 0, to: file.count, by: 4_096) {
        found.append(("cut to \(count)", file.prefix(count), log))
      }
    case .fileBitFlip:
      for _ in 0..<most {
        let place = Int.random(in: 0..<file.count, using: &random)
        var damaged = file
        damaged[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        found.append(("flipped at \(place)", damaged, log))
      }
    case .fileZeroedPage:
      for start in stride(from: 0, to: file.count, by: 4_096) {
        var damaged = file
        damaged.replaceSubrange(start..<start + 4_096, with: Data(count: 4_096))
        found.append(("zeroed at \(start)", damaged, log))
      }
    }
    return found
  }

  /// Uses a gallery whose pages may be anything. What it answers is what its rows say as far as SQLite itself finds
  /// them sound; everything else is an error with a sentence.
  private mutating func use(_ path: String) -> Verdict {
    let copy = path + ".plain"
    try? FileManager.default.copyItem(atPath: path, toPath: copy)
    let rows = try? PlainReader.read(copy)
    do {
      let gallery = try Gallery(path: path, configuration: configuration)
      let info = try gallery.info()
      let identities = try gallery.identities()
      // What a bit has made no vector is left out, and said to be; of the others every answer is true.
      let sound = rows?.withoutUnsound
      if let rows, let sound, info.leftOutCount != rows.rows.count - sound.rows.count {
        return .wrong("\(info.leftOut) are left out, \(rows.rows.count - sound.rows.count) rows are no vectors")
      }
      if let rows = sound, !rows.rows.isEmpty || !identities.isEmpty,
        let fault = try Examination.compare(gallery, with: rows, seed: random.next())
      {
        return .wrong(fault)
      }
      _ = try gallery.query(.vector(random.vector(Subject.dimension)), k: 1_000)
      if let name = identities.first?.name {
        _ = try gallery.embeddings(of: name)
        try gallery.rename(name, to: "somebody else")
        try gallery.enroll(random.vector(Subject.dimension), as: "new")
        try gallery.forget("new")
      }
      try gallery.close()
      return .sound(commits: 0)
    } catch let error as GalleryError {
      return error.description.isEmpty ? .wrong("an error without words") : .sound(commits: 0)
    } catch {
      return .wrong("an error of another kind: \(error)")
    }
  }
}
