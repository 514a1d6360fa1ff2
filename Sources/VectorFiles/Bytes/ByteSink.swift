import Files
import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Writes a file under a temporary name beside its place, and moves it there when it is whole: a reader finds the file
/// as it was before, or as it shall be, and nothing in between.
///
/// What is no file but takes bytes, a pipe or a device, gets them as they come.
final class ByteSink {
  let path: String
  /// Where the file shall be, behind links; nil for a stream.
  private let place: String?
  private let temporary: String
  private let objection: String?
  private var descriptor: Int32
  private var buffer: [UInt8] = []
  private static let size = 1 << 20
  /// Bytes written so far.
  private(set) var count = 0

  /// - Parameter objection: why a file that is there, and of other content, does not give way, which is a failure at
  ///   the end; nil where it does.
  init(path: String, objection: String? = nil) throws {
    self.path = path
    self.objection = objection
    // Neither in its place nor through a number under which this process has it open.
    if let reason = DatabaseFiles.refusal(of: path) { throw VectorFileError(path: path, reason: reason) }
    do {
      switch try Destination(path) {
      case .file(let place):
        self.place = place
        temporary = UnfinishedFiles.begin(place)
        descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      case .stream(let number):
        place = nil
        temporary = ""
        descriptor = number.map { fcntl($0, F_DUPFD_CLOEXEC, 0) } ?? open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC)
      case let other: throw VectorFileError(path: path, reason: other.refusal)
      }
    } catch let error as DurableFile.Failure {
      throw VectorFileError(path: path, reason: "cannot be written (\(error)): name another place")
    }
    guard descriptor >= 0 else {
      let reason = String(cString: strerror(errno))
      if place != nil { DurableFile.remove(temporary) }
      throw VectorFileError(path: path, reason: "cannot be written (\(reason)): see whether its folder is there")
    }
    buffer.reserveCapacity(Self.size + 4_096)
  }

  deinit {
    guard descriptor >= 0 else { return }
    close(descriptor)
    if place != nil { DurableFile.remove(temporary) }
  }

  /// Whether bytes go where they cannot be changed any more.
  var isStream: Bool { place == nil }

  /// Appends to the file what `body` appends to an array.
  func append(_ body: (inout [UInt8]) throws -> Void) throws {
    let before = buffer.count
    try body(&buffer)
    count += buffer.count - before
    if buffer.count >= Self.size { try flush() }
  }

  func append(_ bytes: [UInt8]) throws {
    try append { $0 += bytes }
  }

  /// Appends a line of text. Where the file's first begins with U+FEFF it gets another before: readers take one for the
  /// mark of the file's encoding, and away.
  func append(line: String) throws {
    let bytes = Array(line.utf8)
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    try append((count == 0 && bytes.starts(with: mark) ? mark : []) + bytes + [10])
  }

  /// Writes all that was appended: what has no room is found out here, before anything is in its place.
  func flush() throws {
    try buffer.withUnsafeBytes { try put($0, at: nil) }
    buffer.removeAll(keepingCapacity: true)
  }

  private func put(_ bytes: UnsafeRawBufferPointer, at offset: Int?) throws {
    var done = 0
    while done < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
      let written =
        offset.map { pwrite(descriptor, rest.baseAddress, rest.count, off_t($0 + done)) }
        ?? write(descriptor, rest.baseAddress, rest.count)
      if written < 0 {
        if errno == EINTR { continue }
        throw failure()
      }
      done += written
    }
  }

  /// Puts the file in its place, safe from power loss.
  ///
  /// - Parameter head: what shall stand at the beginning instead of what was written there.
  func finish(head: [UInt8] = []) throws {
    try flush()
    if let place {
      try head.withUnsafeBytes { try put($0, at: 0) }
      if let objection, DurableFile.isRegular(place),
        !FileManager.default.contentsEqual(atPath: temporary, andPath: place)
      {
        throw VectorFileError(path: path, reason: objection)
      }
      do { try DurableFile.publish(temporary, as: place, replacing: true) } catch { throw failure() }
    }
    close(descriptor)
    descriptor = -1
  }

  private func failure() -> VectorFileError {
    if errno == EFBIG {
      return VectorFileError(
        path: path,
        reason: "cannot be written to its end: \(ProcessLimits.fileSizeSentence); "
          + (isStream ? "what it has got of the rows is not all of them" : "nothing was left there"))
    }
    let reason = String(cString: strerror(errno))
    return VectorFileError(
      path: path,
      reason: isStream
        ? "cannot be written (\(reason)): what it has got of the rows is not all of them"
        : "cannot be written (\(reason)): nothing was left there; free some space or name another place")
  }
}
