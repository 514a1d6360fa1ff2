import ArgumentParser
import Foundation
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
    MatrixKernels.chooseForThisProcessor()
    do {
      var command = try parseAsRoot()
      do {
        let outcome = Result { try command.run() }
        let closing = Result { try OpenGalleries.close() }
        try outcome.get()
        try closing.get()
      } catch let error where Failure.isOurs(error) {
        Failure.report(error)
        Foundation.exit(1)
      }
    } catch {
      exit(withError: error)
    }
  }
}
