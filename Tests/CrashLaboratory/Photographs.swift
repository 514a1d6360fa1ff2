import FaultyDisk
import Foundation
import Likeness
import Seeded

/// Runs a case once, and at every operation of the disk takes pictures of what a crash would leave there and then.
final class Photographs {
  private struct Photograph {
    var files: [(name: String, bytes: Data)] = []
    var acknowledged: Int
    var attempted: Int
    var place: String
  }

  private let examination: Examination
  private let operations: [Operation]
  private let configuration: GalleryConfiguration
  /// One in so many operations is photographed.
  private let interval: Int
  private let folder: Folder
  private var random: Seeded
  private var taken: [Photograph] = []
  private var number = 0
  private var acknowledged = 0
  private var attempted = 0
  private var place = ""
  /// What chance made of the files beside the gallery that SQLite does not write.
  private var outcome = Outcome()

  private init(_ crashCase: CrashCase, seed: UInt64, interval: Int, isCareless: Bool) throws {
    operations = crashCase.operations(seed: seed)
    examination = Examination(operations)
    configuration = Subject.configuration(walking: crashCase.isWalking, isCareless: isCareless)
    self.interval = interval
    folder = try Folder()
    random = Seeded(seed ^ 0x5EED)
  }

  static func run(_ crashCase: CrashCase, seed: UInt64, interval: Int, isCareless: Bool) throws -> Outcome {
    try Photographs(crashCase, seed: seed, interval: interval, isCareless: isCareless).run()
  }

  private func run() throws -> Outcome {
    let context = Unmanaged.passUnretained(self).toOpaque()
    let judge: faulty_disk_judge = { context, operation, path in
      guard let context else { return 0 }
      Unmanaged<Photographs>.fromOpaque(context).takeUnretainedValue().happens(operation)
      return 0
    }
    faulty_disk_watch(folder.path, judge, context)
    defer { faulty_disk_unwatch() }
    let subject = Subject(folder: folder.path, configuration: configuration)
    for operation in operations {
      place = operation.name
      attempted += operation.commits.count
      try operation.perform(subject)
      acknowledged = attempted
      try develop()
    }
    place = "close"
    try subject.close()
    try develop()
    return outcome
  }

  /// Called before an operation of the disk, from whatever thread it is on, one at a time.
  private func happens(_ operation: faulty_disk_operation) {
    if operation == FAULTY_DISK_READ || operation == FAULTY_DISK_OPEN { return }
    number += 1
    if number % interval != 0 { return }
    for survival in [
      FAULTY_DISK_PROCESS_DIES, FAULTY_DISK_POWER_LOSS_NOTHING, FAULTY_DISK_POWER_LOSS_SECTORS,
      FAULTY_DISK_POWER_LOSS_SECTORS, FAULTY_DISK_POWER_LOSS_PREFIX,
    ] {
      var photograph = Photograph(
        acknowledged: acknowledged, attempted: attempted,
        place: "\(place), operation \(number), survival \(survival.rawValue)")
      withUnsafeMutablePointer(to: &photograph) { pointer in
        faulty_disk_photograph(
          survival, random.next(),
          { context, path, bytes, count in
            guard let context, let path else { return }
            let data = bytes.map { Data(bytes: $0, count: Int(count)) } ?? Data()
            context.assumingMemoryBound(to: Photograph.self).pointee.files
              .append(((String(cString: path) as NSString).lastPathComponent, data))
          }, pointer)
      }
      photograph.files += filesBeside(isPowerLoss: survival != FAULTY_DISK_PROCESS_DIES)
      taken.append(photograph)
    }
  }

  /// The files beside the gallery that SQLite does not write. After a power loss they are whatever chance leaves:
  /// nothing is answered from them that the rows do not say.
  private func filesBeside(isPowerLoss: Bool) -> [(name: String, bytes: Data)] {
    let own = ["", "-wal", "-shm", "-journal"].map { Subject.fileName + $0 }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.filter { $0.hasPrefix(Subject.fileName) && !own.contains($0) }.sorted().compactMap { name in
      guard var bytes = FileManager.default.contents(atPath: folder.path + "/" + name) else { return nil }
      if isPowerLoss {
        switch Int.random(in: 0..<4, using: &random) {
        case 0: return nil
        case 1: bytes = bytes.prefix(Int.random(in: 0...bytes.count, using: &random))
        case 2: bytes = bytes.prefix(bytes.count / 2) + Data(count: bytes.count - bytes.count / 2)
        default: break
        }
      }
      return (name, bytes)
    }
  }

  /// Examines what was photographed.
  private func develop() throws {
    defer { taken = [] }
    for photograph in taken {
      let album = try Folder()
      for (name, bytes) in photograph.files { try bytes.write(to: URL(fileURLWithPath: album.path + "/" + name)) }
      let verdict = examination.examine(
        album.path + "/" + Subject.fileName, acknowledged: photograph.acknowledged, attempted: photograph.attempted,
        configuration: configuration, seed: random.next())
      outcome.take(verdict, photograph.place)
    }
  }
}
