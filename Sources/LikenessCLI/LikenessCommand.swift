import ArgumentParser
import Files
import Networks

/// The command `likeness`: parsing, printing and progress around the libraries.
@main
struct LikenessCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "likeness",
    abstract: "Trains embedders, keeps galleries, and answers: who is this most like?",
    discussion: """
      Candidates are leads for a person to review, never identifications.
      Every command takes --json: one JSON document on stdout, progress and errors on stderr.
      """,
    version: "0.1.0",
    subcommands: [],
    groupedSubcommands: [
      CommandGroup(name: "Training", subcommands: [TrainCommand.self, EvaluateCommand.self, ModelCommand.self]),
      CommandGroup(
        name: "Galleries",
        subcommands: [EnrollCommand.self, QueryCommand.self, ImportCommand.self, ExportCommand.self]),
      CommandGroup(
        name: "Keeping a gallery",
        subcommands: [
          IdentitiesCommand.self, ShowCommand.self, RenameCommand.self, MergeCommand.self, ForgetCommand.self,
          InfoCommand.self,
        ]),
      CommandGroup(
        name: "Keeping it sound",
        subcommands: [
          VerifyCommand.self, DoctorCommand.self, RebuildCommand.self, CompactCommand.self, BackupCommand.self,
          RestoreCommand.self,
        ]),
      CommandGroup(name: "Showing and measuring", subcommands: [DemoCommand.self, BenchCommand.self]),
    ])

  static func main() {
    Console.claimStreams()
    ProcessLimits.surviveFileSize()
    var running: any ParsableCommand.Type = Self.self
    do {
      try checkOpenFiles()
      Interruption.watch()
      MatrixKernels.chooseForThisProcessor()
      try GivenArguments.check()
      var command = try parseAsRoot()
      running = type(of: command)
      let outcomes = [
        Result { try command.run() }, Result { try OpenGalleries.close() }, Result { try Console.checkOutput() },
      ]
      let failures = outcomes.compactMap { outcome -> (any Error)? in
        if case .failure(let error) = outcome { error } else { nil }
      }
      if let failure = failures.first(where: Failure.isOurs) { throw failure }
      if let other = failures.first { throw other }
    } catch {
      if let usage = error as? ValidationError { end(usage, of: running) }
      end(error)
    }
    Ending.now(0)
  }

  /// Refuses to begin with next to no files that may be open at once: a gallery takes some for every thread that asks it,
  /// and the system's library of threads ends the process where it gets none.
  private static func checkOpenFiles() throws {
    let count = ProcessLimits.allowOpenFiles(1_024)
    if count < 32 { throw CommandFailure("too few file descriptors (ulimit -n \(count)): allow at least 64") }
  }

  /// Ends a run that found out only while running that it was asked for wrongly, as those do whose options say it.
  private static func end(_ error: ValidationError, of command: any ParsableCommand.Type) -> Never {
    let usage = usageString(for: command)
    let name = usage.split(separator: " ").prefix { !$0.hasPrefix("<") && !$0.hasPrefix("[") && !$0.hasPrefix("-") }
    Console.note(
      """
      Error: \(error.message)
      Usage: \(usage)
        See '\(name.joined(separator: " ")) --help' for more information.
      """)
    Ending.now(ExitCode.validationFailure.rawValue)
  }

  /// Ends a run that stopped before its end: with a failure, or with what ArgumentParser has to say.
  private static func end(_ error: any Error) -> Never {
    if Failure.isOurs(error) {
      Failure.report(error)
      Ending.now(1)
    }
    let (message, code) = (fullMessage(for: error), exitCode(for: error))
    guard code == .success else {
      if !message.isEmpty { Console.note(message) }
      Ending.now(code.rawValue)
    }
    // Help is an answer as well, and may not get to where it should.
    Console.printDocument(message)
    do { try Console.checkOutput() } catch { end(error) }
    Ending.now(0)
  }
}
