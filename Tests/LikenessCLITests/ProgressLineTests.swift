import Foundation
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite("The line of progress")
struct ProgressLineTests {
  /// What a run writes to a terminal of so many columns.
  private static func drawn(columns: UInt16, _ arguments: [String]) throws -> (text: String, status: Int32) {
    let terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY)
    try #require(terminal >= 0)
    defer { close(terminal) }
    let name = try Self.other(end: terminal)
    let other = open(name, O_RDWR | O_NOCTTY)
    try #require(other >= 0)
    var size = winsize(ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    try #require(ioctl(other, UInt(TIOCSWINSZ), &size) == 0)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: CommandRun.likeness)
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle(fileDescriptor: other, closeOnDealloc: false)
    try process.run()
    close(other)
    // The terminal ends with the last who has it open.
    var (bytes, piece) = ([UInt8](), [UInt8](repeating: 0, count: 4_096))
    while true {
      let count = read(terminal, &piece, piece.count)
      if count <= 0 { break }
      bytes += piece[..<count]
    }
    process.waitUntilExit()
    return (String(decoding: bytes, as: UTF8.self), process.terminationStatus)
  }

  /// Where what is written comes out of a terminal.
  private static func other(end terminal: CInt) throws -> String {
    #if os(Linux)
      // TIOCSPTLCK and TIOCGPTN, which are no constants in Swift.
      var (locked, number): (CInt, CInt) = (0, 0)
      try #require(ioctl(terminal, 0x4004_5431, &locked) == 0 && ioctl(terminal, 0x8004_5430, &number) == 0)
      return "/dev/pts/\(number)"
    #else
      try #require(grantpt(terminal) == 0 && unlockpt(terminal) == 0)
      return String(cString: try #require(ptsname(terminal)))
    #endif
  }

  @Test("keeps to one line of the terminal, however narrow it is", arguments: [24, 50, 200] as [UInt16])
  func width(columns: UInt16) throws {
    let line = try TrainingKind.Line(.words)
    let (text, status) = try Self.drawn(columns: columns, line.arguments(line.path("m")))
    #expect(status == 0, "\(text)")
    let drawings = text.components(separatedBy: "\r\u{1B}[2K").dropFirst().map {
      $0.prefix { $0 != "\r\n" && $0 != "\n" }
    }
    #expect(drawings.contains { $0.hasPrefix("Training") })
    // No character of such a line takes two columns.
    for drawing in drawings { #expect(drawing.count < Int(columns), "\(drawing)") }
    // Where there is room, nothing is cut.
    #expect(drawings.contains { $0.contains("loss") } == (columns == 200))
    #expect(drawings.contains { $0.hasSuffix("…") } == (columns < 200))
  }
}
