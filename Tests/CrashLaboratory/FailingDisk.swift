import FaultyDisk
import Foundation
import GRDBSQLite
import Likeness

/// Runs a case on a disk whose n-th operation fails, for one n after another, with one and the same gallery going on.
final class FailingDisk {
  private let failure: Failure
  private let operations: [Operation]
  private let configuration: GalleryConfiguration
  private var count = 0
  private var failsAt = Int.max
  private var isFailing = false

  private init(_ crashCase: CrashCase, _ failure: Failure, seed: UInt64) {
    self.failure = failure
    operations = crashCase.operations(seed: seed)
    configuration = Subject.configuration(walking: crashCase.isWalking)
  }

  static func run(_ crashCase: CrashCase, _ failure: Failure, seed: UInt64, most: Int) throws -> Outcome {
    let disk = FailingDisk(crashCase, failure, seed: seed)
    var outcome = Outcome()
    // Without a failure, to learn how many places there are.
    try disk.once(failsAt: .max, seed: seed, into: &outcome)
    let places = disk.count
    let step = max(1, places / max(1, most))
    for place in stride(from: 1 + Int(seed % UInt64(step)), through: places, by: step) {
      try disk.once(failsAt: place, seed: seed, into: &outcome)
    }
    return outcome
  }

  private func once(failsAt place: Int, seed: UInt64, into outcome: inout Outcome) throws {
    let folder = try Folder()
    (count, failsAt, isFailing) = (0, .max, false)
    let subject = Subject(folder: folder.path, configuration: configuration)
    // Making the gallery is not what fails here: a file that is no gallery yet holds nothing to lose.
    let context = Unmanaged.passUnretained(self).toOpaque()
    faulty_disk_watch(
      folder.path,
      { context, operation, _ in
        guard let context else { return 0 }
        return Unmanaged<FailingDisk>.fromOpaque(context).takeUnretainedValue().judge(operation)
      }, context)
    defer { faulty_disk_unwatch() }
    _ = try subject.gallery
    (count, failsAt) = (0, place)

    var rows = Rows()
    for operation in operations {
      do {
        try operation.perform(subject)
        for commit in operation.commits { commit(&rows) }
      } catch let error as GalleryError {
        if error.description.isEmpty { outcome.take(.wrong("an error without words"), "place \(place)") }
      } catch let error as PlainReader.Failure {
        // Another hand's own misfortune.
        _ = error
      } catch {
        outcome.take(.wrong("an error of another kind: \(error)"), "place \(place), \(operation.name)")
      }
      if failure.lasts, isFailing { (isFailing, failsAt) = (false, .max) }
    }
    failsAt = .max
    isFailing = false
    do {
      // The same gallery goes on, and a new one finds the same.
      if let fault = try Examination.compare(try subject.gallery, with: rows, seed: seed) {
        return outcome.take(.wrong("the same gallery: \(fault)"), "place \(place)")
      }
      try subject.close()
    } catch {
      return outcome.take(.wrong("the same gallery: \(error)"), "place \(place)")
    }
    faulty_disk_unwatch()
    let verdict = Examination(rows).examine(
      subject.path, acknowledged: 0, attempted: 0, configuration: configuration, seed: seed)
    outcome.take(verdict, "place \(place)")
  }

  private func judge(_ operation: faulty_disk_operation) -> Int32 {
    let (kind, code): ([faulty_disk_operation], Int32) =
      switch failure {
      case .writeError: ([FAULTY_DISK_WRITE], SQLITE_IOERR | 3 << 8)
      case .shortWrite: ([FAULTY_DISK_WRITE], -SQLITE_FULL)
      case .syncError: ([FAULTY_DISK_SYNC], SQLITE_IOERR | 4 << 8)
      case .truncateError: ([FAULTY_DISK_TRUNCATE], SQLITE_IOERR | 6 << 8)
      case .readError: ([FAULTY_DISK_READ], SQLITE_IOERR | 1 << 8)
      case .openError: ([FAULTY_DISK_OPEN], SQLITE_CANTOPEN)
      case .diskFull: ([FAULTY_DISK_WRITE], SQLITE_FULL)
      }
    guard kind.contains(operation) else { return SQLITE_OK }
    count += 1
    if count == failsAt { isFailing = failure.lasts }
    return count == failsAt || isFailing ? code : SQLITE_OK
  }
}

extension Examination {
  /// Of a gallery that holds these rows and no others.
  init(_ rows: Rows) {
    states = [rows]
    forgotten = []
  }
}
