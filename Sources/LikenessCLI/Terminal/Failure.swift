import ArgumentParser
import Foundation

/// How a failed run ends: one line on stderr, `likeness: what happened: what to do`, and exit code 1.
enum Failure {
  /// Whether an error is a failed run, rather than wrong usage or a clean exit that ArgumentParser words itself.
  static func isOurs(_ error: any Error) -> Bool {
    !(error is ExitCode) && LikenessCommand.exitCode(for: error) == .failure
  }

  /// Prints the line.
  static func report(_ error: any Error) {
    Console.note("likeness: \(sentence(error))")
  }

  /// The error in words, on one line.
  static func sentence(_ error: any Error) -> String {
    "\(error)".replacingOccurrences(of: "\n", with: " ")
  }
}

/// A failure found by the command itself.
struct CommandFailure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}
