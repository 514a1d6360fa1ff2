import Files
import GRDB
import GRDBSQLite

/// The first bytes of a file, read through SQLite's own file system: closing a file by other means would drop the locks that
/// this process has on it, if it is a database that is in use.
struct DatabaseHeader {
  /// 100 of them, or all where there are fewer.
  let bytes: [UInt8]

  /// - Returns: nil for what is no file, or cannot be read.
  init?(_ path: String) {
    guard DurableFile.isRegular(path), let size = DurableFile.size(Links.followed(path)),
      let vfs = sqlite3_vfs_find(nil), let name = sqlite3_create_filename(Links.followed(path), "", "", 0, nil)
    else { return nil }
    defer { sqlite3_free_filename(name) }
    let file = UnsafeMutableRawPointer.allocate(byteCount: Int(vfs.pointee.szOsFile), alignment: 16)
    file.initializeMemory(as: UInt8.self, repeating: 0, count: Int(vfs.pointee.szOsFile))
    defer { file.deallocate() }
    let handle = file.assumingMemoryBound(to: sqlite3_file.self)
    guard vfs.pointee.xOpen(vfs, name, handle, SQLITE_OPEN_READONLY | SQLITE_OPEN_MAIN_DB, nil) == SQLITE_OK
    else { return nil }
    defer { _ = handle.pointee.pMethods?.pointee.xClose(handle) }
    var bytes = [UInt8](repeating: 0, count: 100)
    guard let methods = handle.pointee.pMethods else { return nil }
    let code = methods.pointee.xRead(handle, &bytes, 100, 0)
    guard code == SQLITE_OK || code == ResultCode.SQLITE_IOERR_SHORT_READ.rawValue else { return nil }
    self.bytes = Array(bytes.prefix(size))
  }

  /// Whether they are those of a database.
  var isDatabase: Bool { bytes.count == 100 && bytes.starts(with: Array("SQLite format 3\0".utf8)) }

  /// Whether they say that it is a gallery.
  var isGallery: Bool {
    isDatabase && bytes[68..<72].reduce(0) { $0 << 8 | Int64($1) } == GalleryFile.applicationID
  }
}
