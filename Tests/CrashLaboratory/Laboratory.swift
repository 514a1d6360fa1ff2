import FaultyDisk
import Foundation
import GRDBSQLite

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The crash laboratory: hurts galleries in every way it knows, and prints what was lost.
///
///     CrashLaboratory [--long] [--only WORDS] [--seed N] [--careless]
///
/// Each case runs in a process of its own, so that one that dies costs one line of the table.
@main
struct Laboratory {
  private var isLong = false
  /// Galleries are opened so that a power loss may take their last commits: the laboratory has to notice.
  private var isCareless = false
  private var seed: UInt64 = 1
  private var only: String?
  private var child: String?
  private var single: String?
  private var writer: Int?
  private var reader: Int?
  private var isHolding = false
  private var folder = ""

  static let executable = URL(fileURLWithPath: CommandLine.arguments[0]).path

  static func main() throws {
    var laboratory = Laboratory()
    var arguments = CommandLine.arguments.dropFirst()
    while let argument = arguments.popFirst() {
      switch argument {
      case "--long": laboratory.isLong = true
      case "--writer": laboratory.writer = arguments.popFirst().flatMap { Int($0) }
      case "--reader": laboratory.reader = arguments.popFirst().flatMap { Int($0) }
      case "--hold": laboratory.isHolding = true
      case "--careless": laboratory.isCareless = true
      case "--seed": laboratory.seed = arguments.popFirst().flatMap { UInt64($0) } ?? 1
      case "--only": laboratory.only = arguments.popFirst()
      case "--child": laboratory.child = arguments.popFirst()
      case "--case": laboratory.single = arguments.popFirst()
      case "--folder": laboratory.folder = arguments.popFirst() ?? ""
      default:
        say("usage: CrashLaboratory [--long] [--only WORDS] [--seed N] [--careless]")
        exit(64)
      }
    }
    try laboratory.run()
  }

  private func run() throws {
    if let child, let crashCase = CrashCase.all.first(where: { $0.name == child }) {
      return try Kills.child(crashCase, seed: seed, folder: folder)
    }
    if let writer { return try Crowd.write(writer, folder: folder) }
    if let reader { return try Crowd.read(reader, folder: folder) }
    if isHolding { return try Crowd.hold(folder: folder) }
    if let single, let crashCase = CrashCase.all.first(where: { $0.name == single }) {
      let outcome = try outcome(of: crashCase)
      Self.say(String(decoding: try JSONEncoder().encode(outcome), as: UTF8.self))
      return
    }
    let cases = CrashCase.all.filter { only == nil || $0.name.contains(only ?? "") }
    var isSound = true
    Self.say("| case | runs | lost | wrong | crashed |\n|---|---|---|---|---|")
    for crashCase in cases {
      guard let outcome = try outcomeOfChild(crashCase) else {
        Self.say("| \(crashCase.name) | not possible here | | | |")
        continue
      }
      Self.say(
        "| \(crashCase.name) | \(outcome.runs) | \(outcome.lost) | \(outcome.wrong) | \(outcome.crashed) |")
      for note in outcome.notes { Self.say("<!-- \(note) -->") }
      isSound = isSound && outcome.lost == 0 && outcome.wrong == 0 && outcome.crashed == 0
    }
    exit(isSound ? 0 : 1)
  }

  /// Nil where the case is not possible here.
  private func outcome(of crashCase: CrashCase) throws -> Outcome? {
    switch crashCase.interruption {
    case .photographs:
      try install()
      return try Photographs.run(crashCase, seed: seed, interval: isLong ? 1 : 7, isCareless: isCareless)
    case .kill:
      return try Kills(crashCase: crashCase).run(times: isLong ? 60 : 4, seed: seed)
    case .failingDisk(let failure):
      try install()
      return try FailingDisk.run(crashCase, failure, seed: seed, most: isLong ? 10_000 : 12)
    case .smallFileSystem:
      return try SmallFileSystem.run(crashCase, seed: seed, times: isLong ? 40 : 4)
    case .readOnlyMedium:
      return try ReadOnlyMedium.run(crashCase, seed: seed)
    case .crowd:
      return try Crowd.run(milliseconds: isLong ? 20_000 : 500)
    case .lockHolder:
      return try Crowd.runLocked()
    case .damage(let damage):
      var files = DamagedFiles(crashCase, damage, seed: seed)
      return try files.run(seed: seed, most: isLong ? 600 : 15)
    }
  }

  private func install() throws {
    guard faulty_disk_install() == SQLITE_OK else { throw PlainReader.Failure(description: "no faulty disk") }
  }

  private func outcomeOfChild(_ crashCase: CrashCase) throws -> Outcome? {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Self.executable)
    process.arguments =
      ["--case", crashCase.name, "--seed", "\(seed)"] + (isLong ? ["--long"] : [])
      + (isCareless ? ["--careless"] : [])
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    do {
      return try JSONDecoder().decode(Outcome?.self, from: output)
    } catch {
      var outcome = Outcome()
      outcome.crashed = 1
      outcome.note("the laboratory itself ended with \(process.terminationReason) \(process.terminationStatus)")
      return outcome
    }
  }

  /// At once: whoever reads the table wants to see it grow.
  private static func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

  static func end(_ process: Int32) -> Int32 { kill(process, SIGKILL) }
}
