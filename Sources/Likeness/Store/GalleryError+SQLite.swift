import Files
import Foundation
import GRDB
import HNSW

extension GalleryError {
  /// Runs `body`, and gives SQLite's and the index's errors the sentences of this library.
  static func translating<T>(path: String, busyTimeout: Double, _ body: () throws -> T) throws -> T {
    do {
      return try body()
    } catch let error as DatabaseError {
      throw GalleryError(error, path: path, busyTimeout: busyTimeout)
    } catch let error as IndexError {
      switch error {
      case .invalidParameter(let reason): throw GalleryError.invalidArgument(reason: reason)
      default: throw GalleryError.cannotIndex(path: path, reason: "\(error)")
      }
    }
  }

  init(_ error: DatabaseError, path: String, busyTimeout: Double) {
    let message = error.message ?? error.resultCode.description
    self =
      switch error.resultCode {
      case .SQLITE_BUSY, .SQLITE_LOCKED:
        .locked(path: path, seconds: busyTimeout, holder: LockHolder.describe(writerOf: path))
      case .SQLITE_FULL:
        .diskFull(path: path)
      case .SQLITE_IOERR where error.extendedResultCode == .SQLITE_IOERR_SHMSIZE && Self.noRoom(path):
        .diskFull(path: path)
      case .SQLITE_IOERR where error.isFileSizeLimit:
        .fileTooLarge(path: path, limit: ProcessLimits.fileSize)
      case .SQLITE_NOTADB:
        .notAGallery(path: path, reason: "it is not an SQLite database")
      case .SQLITE_CORRUPT:
        .damagedFile(path: path, reason: message)
      case .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH:
        .cannotOpen(path: path, reason: "SQLite says \"\(message)\": see whether the file and its folder may be read")
      case .SQLITE_READONLY:
        .readOnly(path: path, reason: "SQLite says \"\(message)\": see who may write the file and its folder")
      case .SQLITE_TOOBIG:
        .invalidArgument(reason: "a value is larger than the 1 GB that an SQLite row can hold: store it outside")
      case .SQLITE_CONSTRAINT where Moment.isMissing(message):
        .invalidArgument(reason: Moment.beyond)
      case .SQLITE_MISUSE where message.contains("closed"):
        .closed(path: path)
      default:
        .storage(path: path, reason: message)
      }
  }

  private static func noRoom(_ path: String) -> Bool {
    let values = try? URL(fileURLWithPath: path).resourceValues(forKeys: [.volumeAvailableCapacityKey])
    return values?.volumeAvailableCapacity.map { $0 < 65_536 } ?? false
  }
}

extension DatabaseError {
  /// Whether a write failed where this process may write no larger files. SQLite says no more than that it failed.
  var isFileSizeLimit: Bool {
    let writes: [ResultCode] = [.SQLITE_IOERR_WRITE, .SQLITE_IOERR_SHMSIZE, .SQLITE_IOERR_TRUNCATE]
    return writes.contains(extendedResultCode) && ProcessLimits.fileSize != nil
  }
}
