import Foundation
import Likeness

#if canImport(Glibc)
  import Glibc
#endif

/// A gallery on a file system that nobody can write, where one may be mounted.
enum ReadOnlyMedium {
  /// Nil where this user may not mount anything.
  static func run(_ crashCase: CrashCase, seed: UInt64) throws -> Outcome? {
    #if canImport(Glibc)
      var outcome = Outcome()
      for isClosed in [true, false] {
        let folder = try Folder()
        guard mount("tmpfs", folder.path, "tmpfs", 0, nil) == 0 else { return nil }
        defer { umount2(folder.path, Int32(MNT_DETACH)) }
        let subject = Subject(folder: folder.path, configuration: Subject.configuration())
        var rows = Rows()
        for operation in crashCase.operations(seed: seed) {
          try operation.perform(subject)
          for commit in operation.commits { commit(&rows) }
        }
        if isClosed {
          try subject.close()
        } else {
          // As it is taken away from under a program: with rows that are only in the log.
          for suffix in ["", "-wal"] {
            try FileManager.default.copyItem(
              atPath: subject.path + suffix, toPath: folder.path + "/away.gallery" + suffix)
          }
          try subject.close()
        }
        guard mount("tmpfs", folder.path, "tmpfs", UInt(MS_REMOUNT | MS_RDONLY), nil) == 0 else { return nil }
        outcome.take(
          use(isClosed ? subject.path : folder.path + "/away.gallery", rows, isClosed: isClosed, seed: seed), "")
      }
      return outcome
    #else
      return nil
    #endif
  }

  private static func use(_ path: String, _ rows: Rows, isClosed: Bool, seed: UInt64) -> Verdict {
    do {
      let gallery = try Gallery(path: path, configuration: Subject.configuration())
      if let fault = try Examination.compare(gallery, with: rows, seed: seed) { return .wrong(fault) }
      do {
        try gallery.enroll([Float](repeating: 1, count: Subject.dimension), as: "Ada")
        return .wrong("it was written")
      } catch GalleryError.readOnly {
        return .sound(commits: 0)
      }
    } catch GalleryError.cannotOpen(_, let reason) where !isClosed && reason.contains("-wal") {
      // Refused, because rows in the log would be missing.
      return .sound(commits: 0)
    } catch {
      return .wrong("\(error)")
    }
  }
}
