import Files
import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The bytes of a file, front to back, through a buffer that is as large as the longest row and no larger than asked.
final class ByteSource {
  let path: String
  /// Bytes in the file; nil for a pipe.
  let size: Int?
  private let descriptor: Int32
  private var buffer: UnsafeMutableRawBufferPointer
  /// The unread part of the buffer.
  private var start = 0
  private var end = 0
  private var isAtEnd = false
  /// The file's bytes before `start`.
  private(set) var offset = 0

  init(path: String) throws {
    self.path = path
    guard PathParts.isPath(path) else { throw VectorFileError(path: path, reason: PathParts.noPath) }
    if let reason = DatabaseFiles.refusal(of: path) { throw VectorFileError(path: path, reason: reason) }
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
      throw VectorFileError(
        path: path, reason: "cannot be opened (\(String(cString: strerror(errno)))): check the path")
    }
    var status = stat()
    guard fstat(file, &status) == 0, status.st_mode & S_IFMT != S_IFDIR else {
      close(file)
      throw VectorFileError(path: path, reason: "is a folder: name a file in it")
    }
    size = status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : nil
    descriptor = file
    buffer = .allocate(byteCount: 1 << 20, alignment: 16)
  }

  init(bytes: [UInt8], path: String) {
    self.path = path
    size = bytes.count
    descriptor = -1
    buffer = .allocate(byteCount: max(bytes.count, 1), alignment: 16)
    buffer.copyBytes(from: bytes)
    end = bytes.count
    isAtEnd = true
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
    buffer.deallocate()
  }

  /// What is in the buffer and not read yet.
  private var unread: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: buffer[start..<end]) }

  /// Reads on until `count` bytes are there; false where the file ends before. `count` must be bounded by the caller.
  private func fill(_ count: Int) throws -> Bool {
    while end - start < count, !isAtEnd {
      if start > 0, start + count > buffer.count || start == end {
        buffer.copyMemory(from: unread)
        end -= start
        start = 0
      }
      if count > buffer.count || end == buffer.count {
        let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: max(count, 2 * buffer.count), alignment: 16)
        larger.copyMemory(from: unread)
        buffer.deallocate()
        buffer = larger
        end -= start
        start = 0
      }
      let room = UnsafeMutableRawBufferPointer(rebasing: buffer[end...])
      let got = read(descriptor, room.baseAddress, room.count)
      if got < 0 {
        if errno == EINTR { continue }
        throw VectorFileError(
          path: path, reason: "cannot be read at byte \(offset) (\(String(cString: strerror(errno)))): check the disk")
      }
      if got == 0 { isAtEnd = true }
      end += got
    }
    return end - start >= count
  }

  /// The next `count` bytes, and moves behind them; nil where there are fewer. They are there until the next call.
  func take(_ count: Int) throws -> UnsafeRawBufferPointer? {
    guard try fill(count) else { return nil }
    defer { advance(count) }
    return UnsafeRawBufferPointer(rebasing: buffer[start..<start + count])
  }

  /// Whether nothing is left.
  func isFinished() throws -> Bool { try !fill(1) }

  private func advance(_ count: Int) {
    start += count
    offset += count
  }

  /// Moves behind `prefix`, if that is what comes next; whether it was.
  @discardableResult
  func skip(_ prefix: [UInt8]) throws -> Bool {
    guard try fill(prefix.count), unread.starts(with: prefix) else { return false }
    advance(prefix.count)
    return true
  }

  /// Whether the first line ends in a carriage return that no newline follows, and so all of them do. A line with quotes
  /// may hold such a return, and does not tell.
  func endsLinesInReturns(limit: Int) throws -> Bool {
    var place = 0
    while place < limit, try fill(place + 1) {
      switch buffer[start + place] {
      case 10, UInt8(ascii: "\""): return false
      case 13: return try fill(place + 2) && buffer[start + place + 1] != 10 && buffer[start + place + 1] != 13
      default: place += 1
      }
    }
    return false
  }

  /// The bytes up to the newline that `isEnd` accepts or the end of the file, without that newline; nil at the end of
  /// the file, `limit` passed: an error. They are there until the next call.
  ///
  /// - Parameter isEnd: Whether a newline ends what was found so far, of which only the part since its last call is
  ///   given.
  func line(
    limit: Int, newline: UInt8 = 10, isEnd: (UnsafeRawBufferPointer) -> Bool = { _ in true }
  ) throws -> UnsafeRawBufferPointer? {
    guard try fill(1) else { return nil }
    var searched = 0
    var asked = 0
    while true {
      if let found = Self.find(newline, in: UnsafeRawBufferPointer(rebasing: buffer[start + searched..<end])) {
        let length = searched + found
        searched = length + 1
        if !isEnd(UnsafeRawBufferPointer(rebasing: buffer[start + asked..<start + length])) {
          asked = length
          continue
        }
        defer { advance(length + 1) }
        return UnsafeRawBufferPointer(rebasing: buffer[start..<start + length])
      }
      searched = end - start
      if searched > limit { throw VectorFileError(path: path, reason: "a line is longer than \(limit) bytes") }
      if try !fill(searched + 1) {
        defer { advance(searched) }
        return UnsafeRawBufferPointer(rebasing: buffer[start..<start + searched])
      }
    }
  }

  private static func find(_ byte: UInt8, in bytes: UnsafeRawBufferPointer) -> Int? {
    guard let base = bytes.baseAddress, let found = memchr(base, Int32(byte), bytes.count) else { return nil }
    return UnsafeRawPointer(found) - base
  }

  /// Goes on at a byte; in a pipe at one that is in the buffer still.
  func seek(to target: Int) throws {
    if size == nil, target <= offset, offset - target <= start {
      start -= offset - target
      offset = target
      return
    }
    guard target >= 0, let size, target <= size else {
      throw VectorFileError(
        path: path, reason: "has no byte \(target) to go on at: it is a pipe, or shorter than when it was read before")
    }
    if descriptor < 0 {
      start = target
    } else {
      guard lseek(descriptor, off_t(target), SEEK_SET) >= 0 else {
        throw VectorFileError(path: path, reason: "cannot be read from its middle: give a file on a disk")
      }
      start = 0
      end = 0
      isAtEnd = false
    }
    offset = target
  }
}
