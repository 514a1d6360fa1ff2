import Foundation
import Likeness

#if canImport(Glibc)
  import Glibc
#endif

/// Runs a case on a real file system that is too small for it, where one may be mounted.
enum SmallFileSystem {
  /// Nil where this user may not mount anything.
  static func run(_ crashCase: CrashCase, seed: UInt64, times: Int) throws -> Outcome? {
    #if canImport(Glibc)
      var outcome = Outcome()
      for round in 0..<times {
        let folder = try Folder()
        // From hardly enough for the schema to nearly enough for everything.
        let size = 200_000 + round * 400_000 / max(1, times)
        guard mount("tmpfs", folder.path, "tmpfs", 0, "size=\(size)") == 0 else { return nil }
        defer { umount2(folder.path, Int32(MNT_DETACH)) }
        let operations = crashCase.operations(seed: seed &+ UInt64(round))
        let configuration = Subject.configuration(walking: crashCase.isWalking)
        let subject = Subject(folder: folder.path, configuration: configuration)
        var rows = Rows()
        var failures = 0
        for operation in operations {
          do {
            try operation.perform(subject)
            for commit in operation.commits { commit(&rows) }
          } catch is GalleryError {
            failures += 1
          } catch is PlainReader.Failure {
            failures += 1
          } catch {
            outcome.take(.wrong("an error of another kind: \(error)"), "size \(size), \(operation.name)")
          }
        }
        let place = "size \(size), \(failures) of \(operations.count) refused"
        try? subject.close()
        guard mount("tmpfs", folder.path, "tmpfs", UInt(MS_REMOUNT), "size=100000000") == 0 else { return nil }
        if rows == Rows(), !FileManager.default.fileExists(atPath: subject.path) {
          outcome.take(.sound(commits: 0), place)
          continue
        }
        let verdict = Examination(rows).examine(
          subject.path, acknowledged: 0, attempted: 0, configuration: configuration, seed: seed)
        outcome.take(verdict, place)
      }
      return outcome
    #else
      return nil
    #endif
  }
}
