import Files
import Foundation
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Output for people goes to stdout or, where it is not the answer itself, to stderr.
enum Console {
  /// Whether stderr is a terminal, and so whether progress bars make sense.
  static let isInteractive = isatty(STDERR_FILENO) == 1

  /// The system's number for what first kept an answer from being written; 0 where all was.
  private static let failure = Mutex<Int32>(0)

  /// Keeps the numbers of the three streams for them: where one is closed, the next file that is opened would get its
  /// number, and what is said would be written into that file.
  static func claimStreams() {
    for number in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(number, F_GETFD) < 0 {
      // Not for writing: writing there fails, as it should.
      _ = open("/dev/null", O_RDONLY)
    }
  }

  /// Writes one line to stderr, with what would steer a terminal escaped.
  static func note(_ line: String) {
    write(line.printable(keepingLines: true) + "\n")
  }

  /// Writes to stderr as it is. That it cannot be said is no reason to stop.
  static func write(_ text: String) {
    _ = put(text, on: STDERR_FILENO)
  }

  /// Prints text and a newline on stdout, with what would steer a terminal escaped.
  static func print(_ text: String) {
    printDocument(text.printable(keepingLines: true))
  }

  /// Prints one JSON document on stdout.
  static func printJSON(_ value: some Encodable) throws {
    printDocument(try json(value))
  }

  /// One JSON document, as `--json` prints it.
  static func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.dateEncodingStrategy = .iso8601
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  /// Prints text and a newline on stdout as it is. That it failed is for ``checkOutput()`` to say.
  static func printDocument(_ text: String) {
    let code = put(text + "\n", on: STDOUT_FILENO)
    if code != 0 { failure.withLock { if $0 == 0 { $0 = code } } }
  }

  /// Whether a path leads to stdout, be that a pipe, a terminal or a file.
  static func isOutput(_ path: String) -> Bool {
    guard case .stream? = try? Destination(path) else { return false }
    var (there, output) = (stat(), stat())
    guard stat(path, &there) == 0, fstat(STDOUT_FILENO, &output) == 0 else { return false }
    return there.st_dev == output.st_dev && there.st_ino == output.st_ino
  }

  /// - Throws: ``CommandFailure`` if anything that was printed on stdout did not get there.
  static func checkOutput() throws {
    let code = failure.withLock { $0 }
    if code != 0 { throw CommandFailure("the output could not be written: \(String(cString: strerror(code)))") }
  }
}

/// Writes all of a text; the system's number for what kept it from that, or 0.
private func put(_ text: String, on descriptor: Int32) -> Int32 {
  var text = text
  return text.withUTF8 { bytes in
    var done = 0
    while done < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[done...])
      let count = write(descriptor, rest.baseAddress, rest.count)
      if count >= 0 {
        done += count
      } else if errno == EAGAIN {
        // A stream that somebody has made non-blocking: wait until it takes more.
        var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        poll(&waiting, 1, -1)
      } else if errno != EINTR {
        return errno
      }
    }
    return 0
  }
}
