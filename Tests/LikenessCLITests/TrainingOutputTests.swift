import Foundation
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite("Where trainings write")
struct TrainingOutputTests {
  @Test("of two trainings of one model the second is refused and costs the first nothing")
  func twice() throws {
    let line = try TrainingKind.Line(.words)
    let out = line.path("m")
    let first = try CommandRun.start(
      CommandRun.likeness, line.arguments(out) + ["--epochs", "9000"], output: line.path("o"), errors: line.path("e"))
    let checkpoint = out + ".checkpoints/training-1.checkpoint"
    while first.isRunning, !FileManager.default.fileExists(atPath: checkpoint) { usleep(5_000) }
    for more in [[], ["--resume"]] {
      let second = try CommandRun.run(CommandRun.likeness, line.arguments(out) + more)
      #expect(second.status == 1 && second.errors.contains("another training is writing"), "\(second.errors)")
      #expect(!second.errors.contains("given up"), "\(second.errors)")
    }
    #expect(first.isRunning && FileManager.default.fileExists(atPath: checkpoint))
    kill(first.processIdentifier, SIGKILL)
    first.waitUntilExit()

    // What was cut off is given up only by a training that begins.
    let refused = try CommandRun.run(CommandRun.likeness, line.arguments(out) + ["--dimension", "900"])
    #expect(refused.status == 1 && !refused.errors.contains("given up"), "\(refused.errors)")
    #expect(FileManager.default.fileExists(atPath: checkpoint))
    let anew = try CommandRun.run(CommandRun.likeness, line.arguments(out))
    #expect(anew.status == 0 && anew.errors.contains("given up"), "\(anew.errors)")
    let again = try CommandRun.run(CommandRun.likeness, line.arguments(out))
    #expect(again.status == 0 && !again.errors.contains("given up"), "\(again.errors)")
  }

  @Test(
    "what cannot be written is said before anything is trained", arguments: [TrainingKind.words, .series, .faces])
  func places(_ kind: TrainingKind) throws {
    let line = try TrainingKind.Line(kind)
    try Data("mine".utf8).write(to: URL(fileURLWithPath: line.path("file")))
    var places = [
      ("--report", line.path("file")), ("--report", line.path("file/below/it")), ("--out", line.path("file/m")),
      ("--out", line.folder.path),
    ]
    if kind == .words {
      for option in ["--word2vec", "--pca"] {
        places += [(option, line.path("nowhere/v")), (option, line.folder.path), (option, line.path("m"))]
        places.append((option, line.path("file")))
      }
    }
    for (option, path) in places {
      let run = try CommandRun.run(CommandRun.likeness, line.arguments(line.path("m")) + [option, path])
      #expect(run.status == 1 && run.errors.contains(path), "\(option): \(run.errors)")
      #expect(!run.errors.contains("epoch"), "\(option): it trained first: \(run.errors)")
      #expect(!FileManager.default.fileExists(atPath: line.path("m")))
    }
    if kind == .words {
      for other in ["--pca", "--gallery"] {
        let both = ["--word2vec", line.path("v"), other, line.path("v")]
        let run = try CommandRun.run(CommandRun.likeness, line.arguments(line.path("m")) + both)
        #expect(run.status == 1 && run.errors.contains("two files cannot have one name"), "\(run.errors)")
        #expect(!FileManager.default.fileExists(atPath: line.path("v")))
      }
    }
    #expect(FileManager.default.contents(atPath: line.path("file")) == Data("mine".utf8))
  }
}
