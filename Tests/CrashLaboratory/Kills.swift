import Foundation
import Likeness
import Seeded

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Runs a case in a child that is killed at a random moment, and looks at what it left.
struct Kills {
  let crashCase: CrashCase

  /// The child's part: opens the gallery, does everything, and says so after each of it with one byte.
  static func child(_ crashCase: CrashCase, seed: UInt64, folder: String) throws {
    let subject = Subject(folder: folder, configuration: Subject.configuration(walking: crashCase.isWalking))
    if crashCase.beginsOpen { _ = try subject.gallery }
    acknowledge()
    for operation in crashCase.operations(seed: seed) {
      try operation.perform(subject)
      acknowledge()
    }
    try subject.close()
    acknowledge()
  }

  private static func acknowledge() {
    var byte: UInt8 = 46
    _ = write(STDOUT_FILENO, &byte, 1)
  }

  func run(times: Int, seed: UInt64) throws -> Outcome {
    var outcome = Outcome()
    var random = Seeded(seed)
    var whole = 0.0
    // The first is left alone: how long it takes is where the others are killed.
    for round in 0...times {
      let roundSeed = random.next()
      let folder = try Folder()
      let operations = crashCase.operations(seed: roundSeed)
      let started = ContinuousClock.now
      let delay = round == 0 ? nil : Double.random(in: 0...1.05, using: &random) * whole
      let (acknowledgements, isKilled) = try kill(after: delay, seed: roundSeed, folder: folder.path)
      if round == 0 {
        let took = (ContinuousClock.now - started).components
        whole = Double(took.seconds) + Double(took.attoseconds) / 1e18
      }
      if !isKilled, acknowledgements < operations.count + 2 {
        outcome.crashed += 1
        outcome.note("the child ended by itself after \(acknowledgements) acknowledgements, seed \(roundSeed)")
        continue
      }
      // The first acknowledgement is the opened gallery.
      let done = max(0, min(acknowledgements - 1, operations.count))
      let commits = operations.prefix(done).reduce(0) { $0 + $1.commits.count }
      let under = operations.dropFirst(done).first?.commits.count ?? 0
      let verdict = Examination(operations).examine(
        folder.path + "/" + Subject.fileName, acknowledged: commits, attempted: commits + under,
        configuration: Subject.configuration(walking: crashCase.isWalking), seed: random.next())
      outcome.take(verdict, "seed \(roundSeed), killed after \(acknowledgements) acknowledgements")
    }
    return outcome
  }

  /// Starts a child, kills it after so many seconds, and counts what it acknowledged.
  private func kill(after seconds: Double?, seed: UInt64, folder: String) throws -> (Int, isKilled: Bool) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Laboratory.executable)
    process.arguments = ["--child", crashCase.name, "--seed", "\(seed)", "--folder", folder]
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardInput = FileHandle.nullDevice
    try process.run()
    if let seconds {
      usleep(UInt32(seconds * 1_000_000))
      _ = Laboratory.end(process.processIdentifier)
    }
    let acknowledgements = pipe.fileHandleForReading.readDataToEndOfFile().count
    process.waitUntilExit()
    return (acknowledgements, process.terminationReason == .uncaughtSignal && process.terminationStatus == SIGKILL)
  }
}
