import Foundation

/// Who holds SQLite's write lock, where the system tells.
enum LockHolder {
  /// `process 4242`, or nil. Only looks the lock up in the kernel's table: opening the locked file itself would drop
  /// this process's own locks on it when it is closed again.
  static func describe(writerOf path: String) -> String? {
    // The write lock of a database in WAL mode is byte 120 of its shared-memory file.
    holders(of: 120...120, beside: path, kind: "WRITE").first.map {
      $0 == getpid() ? "this one, through another Gallery" : "process \($0)"
    }
  }

  /// Who is in a transaction that reads, and so keeps older pages of the file in use: `process 4242, process 4343`, or
  /// nil.
  ///
  /// - Parameter others: whether this process, which is reading itself, does not count.
  static func readers(of path: String, others: Bool = false) -> String? {
    // Marks of readers are bytes 123 to 127; the first is that of readers who need nothing of the log.
    var processes = Set(holders(of: 123...127, beside: path, kind: nil))
    if others { processes.remove(getpid()) }
    if processes.isEmpty { return nil }
    return processes.sorted().map { $0 == getpid() ? "this process" : "process \($0)" }.joined(separator: ", ")
  }

  /// The processes with a lock on one of these bytes of the shared-memory file.
  private static func holders(of bytes: ClosedRange<UInt64>, beside path: String, kind: String?) -> [Int32] {
    #if os(Linux)
      guard
        let attributes = try? FileManager.default.attributesOfItem(atPath: path + "-shm"),
        let inode = (attributes[.systemFileNumber] as? NSNumber)?.uint64Value,
        let table = try? String(contentsOfFile: "/proc/locks", encoding: .utf8)
      else { return [] }
      return table.split(separator: "\n").compactMap { line in
        let fields = line.split(separator: " ").map(String.init)
        // 1: POSIX ADVISORY WRITE 4242 fe:00:123456 120 120
        guard fields.count == 8, kind == nil || fields[3] == kind, fields[5].hasSuffix(":\(inode)"),
          let first = UInt64(fields[6]), first <= bytes.upperBound, UInt64(fields[7]) ?? .max >= bytes.lowerBound
        else { return nil }
        return Int32(fields[4])
      }
    #else
      return []
    #endif
  }
}
