import Foundation

/// Who holds SQLite's write lock, where the system tells.
enum LockHolder {
  /// `process 4242`, or nil. Only looks the lock up in the kernel's table: opening the locked file itself would drop
  /// this process's own locks on it when it is closed again.
  static func describe(writerOf path: String) -> String? {
    #if os(Linux)
      // The write lock of a database in WAL mode is byte 120 of its shared-memory file.
      guard
        let attributes = try? FileManager.default.attributesOfItem(atPath: path + "-shm"),
        let inode = (attributes[.systemFileNumber] as? NSNumber)?.uint64Value,
        let table = try? String(contentsOfFile: "/proc/locks", encoding: .utf8)
      else { return nil }
      for line in table.split(separator: "\n") {
        let fields = line.split(separator: " ").map(String.init)
        // 1: POSIX ADVISORY WRITE 4242 fe:00:123456 120 120
        guard fields.count == 8, fields[3] == "WRITE", fields[5].hasSuffix(":\(inode)"),
          let first = UInt64(fields[6]), first <= 120, UInt64(fields[7]) ?? .max >= 120, let process = Int32(fields[4])
        else { continue }
        return process == getpid() ? "this one, through another Gallery" : "process \(process)"
      }
    #endif
    return nil
  }
}
