import Foundation
import Testing

/// One run of the built command, or of another program.
struct CommandRun {
  let status: Int32
  let output: String
  let errors: String

  /// The command that was built beside these tests.
  static let likeness: String = {
    let bundle = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
    var folder = bundle.deletingLastPathComponent()
    // On macOS the tests are deep inside a bundle.
    for _ in 0..<6 {
      let candidate = folder.appendingPathComponent("likeness").path
      if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
      folder = folder.deletingLastPathComponent()
    }
    return "likeness-was-not-built"
  }()

  /// Runs `likeness` with arguments, to its end.
  static func likeness(_ arguments: String...) throws -> CommandRun {
    try run(likeness, arguments)
  }

  /// Runs a program to its end.
  static func run(_ program: String, _ arguments: [String]) throws -> CommandRun {
    let folder = try TemporaryFolder()
    let output = folder.path + "/out"
    let errors = folder.path + "/err"
    let process = try start(program, arguments, output: output, errors: errors)
    process.waitUntilExit()
    return CommandRun(
      status: process.terminationStatus, output: try String(contentsOfFile: output, encoding: .utf8),
      errors: try String(contentsOfFile: errors, encoding: .utf8))
  }

  /// Starts a program whose output goes to files: a pipe that nobody reads would stop it.
  static func start(_ program: String, _ arguments: [String], output: String, errors: String) throws -> Process {
    for path in [output, errors] { try Data().write(to: URL(fileURLWithPath: path)) }
    let process = Process()
    if program.contains("/") {
      process.executableURL = URL(fileURLWithPath: program)
      process.arguments = arguments
    } else {
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.arguments = [program] + arguments
    }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle(forWritingAtPath: output)
    process.standardError = FileHandle(forWritingAtPath: errors)
    try process.run()
    return process
  }

  /// The output as a JSON object.
  func json() throws -> [String: Any] {
    let value = try JSONSerialization.jsonObject(with: Data(output.utf8))
    return try #require(value as? [String: Any])
  }

  /// Whether a program can be run here.
  static func exists(_ program: String) -> Bool {
    (try? run(program, ["--version"]))?.status == 0
  }
}

/// A folder that goes when nobody needs it.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "likeness-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }
}
