import Foundation
import Seeded
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite("A training that is cut off")
struct ResumeTests {
  private static func arguments(_ faces: DrawnFaces, _ out: String, threads: Int = 2, seed: Int = 5) -> [String] {
    [
      "train", "faces", "--data", faces.path, "--out", out, "--dimension", "32", "--networks", "2", "--epochs", "5",
      "--seed", "\(seed)", "--threads", "\(threads)", "--json",
    ]
  }

  @Test(
    "killed again and again and resumed, it writes the model file it would have written, bit for bit, whatever is trained",
    arguments: TrainingKind.allCases)
  func killed(_ kind: TrainingKind) throws {
    let line = try TrainingKind.Line(kind)
    let whole = try CommandRun.run(CommandRun.likeness, line.arguments(line.path("whole")))
    try #require(whole.status == 0, "\(whole.errors)")
    let expected = try Data(contentsOf: URL(fileURLWithPath: line.path("whole")))
    #expect(!FileManager.default.fileExists(atPath: line.path("whole.checkpoints")), "nothing is left behind")

    let out = line.path("cut")
    var random = Seeded(8)
    var (kills, resumptions) = (0, 0)
    for round in 0..<40 {
      let errors = line.path("errors\(round)")
      let process = try CommandRun.start(
        CommandRun.likeness, line.arguments(out, threads: 1 + round % 2) + ["--resume"],
        output: line.path("output\(round)"), errors: errors)
      // After the first checkpoint, then anywhere around the ends of epochs; after a while a round is let through.
      if round == 0 {
        let checkpoint = out + ".checkpoints/training-1.checkpoint"
        while process.isRunning, !FileManager.default.fileExists(atPath: checkpoint) { usleep(1_000) }
      } else if round < 6 {
        let epochs = Int(random.uniform(0, 3))
        while process.isRunning, try Self.epochs(in: errors) < epochs { usleep(2_000) }
      } else {
        process.waitUntilExit()
      }
      if round < 6 { usleep(UInt32(random.uniform(0, 40_000))) }
      let wasRunning = process.isRunning
      if wasRunning { kill(process.processIdentifier, SIGKILL) }
      process.waitUntilExit()
      if wasRunning { kills += 1 }
      let said = try String(contentsOfFile: errors, encoding: .utf8)
      if said.contains("goes on after epoch") { resumptions += 1 }
      if !wasRunning {
        #expect(process.terminationStatus == 0, "\(said)")
        break
      }
    }
    #expect(kills >= 1 && resumptions >= 1, "\(kills) kills, \(resumptions) resumptions")
    #expect(try Data(contentsOf: URL(fileURLWithPath: out)) == expected)
    #expect(!FileManager.default.fileExists(atPath: out + ".checkpoints"))
  }

  /// How many epochs a run has said that it ended.
  private static func epochs(in file: String) throws -> Int {
    try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").count { $0.contains(": loss ") }
  }

  @Test("a disk that fills is a sentence, and the earlier checkpoint is as it was and good to go on from")
  func diskFull() throws {
    let folder = try TemporaryFolder()
    let faces = try DrawnFaces(people: 8, pictures: 5, seed: 31)
    let out = folder.path + "/m"
    let process = try CommandRun.start(
      CommandRun.likeness, Self.arguments(faces, out), output: folder.path + "/o", errors: folder.path + "/e")
    let checkpoint = out + ".checkpoints/training-1.checkpoint"
    while process.isRunning, !FileManager.default.fileExists(atPath: checkpoint) { usleep(5_000) }
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    let before = try Data(contentsOf: URL(fileURLWithPath: checkpoint))

    // A limit on the size of files stands for the disk; without the trap it would be a signal.
    let command = "trap '' XFSZ; ulimit -f 40; exec \"$0\" \"$@\""
    let full = try CommandRun.run(
      "/bin/sh", ["-c", command, CommandRun.likeness] + Self.arguments(faces, out) + ["--resume"])
    #expect(full.status == 1)
    #expect(full.errors.contains("cannot be written"), "\(full.errors)")
    #expect(full.errors.split(separator: "\n").last?.hasPrefix("likeness: ") == true)
    #expect(!FileManager.default.fileExists(atPath: out))
    #expect(try Data(contentsOf: URL(fileURLWithPath: checkpoint)) == before)
    let left = try FileManager.default.contentsOfDirectory(atPath: out + ".checkpoints")
    #expect(!left.contains { $0.hasSuffix(".tmp") })

    let resumed = try CommandRun.run(CommandRun.likeness, Self.arguments(faces, out) + ["--resume"])
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(resumed.errors.contains("goes on after epoch"))
  }

  @Test("with other data or settings there is nothing to resume, which is said")
  func other() throws {
    let folder = try TemporaryFolder()
    let faces = try DrawnFaces(people: 8, pictures: 5, seed: 31)
    let out = folder.path + "/m"
    let process = try CommandRun.start(
      CommandRun.likeness, Self.arguments(faces, out) + ["--epochs", "9000"], output: folder.path + "/o",
      errors: folder.path + "/e")
    let checkpoint = out + ".checkpoints/training-1.checkpoint"
    while process.isRunning, !FileManager.default.fileExists(atPath: checkpoint) { usleep(5_000) }
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    for arguments in [Self.arguments(faces, out) + ["--loss", "arcface"], Self.arguments(faces, out, seed: 6)] {
      let run = try CommandRun.run(CommandRun.likeness, arguments + ["--resume"])
      #expect(run.status == 1)
      #expect(run.errors.contains("belongs to another training"), "\(run.errors)")
      #expect(FileManager.default.fileExists(atPath: checkpoint), "a refusal costs nothing")
    }
  }
}
