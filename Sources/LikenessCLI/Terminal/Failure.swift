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

  /// The error in words, on one line. Of what is very long, because it repeats a very long argument, the middle is left out:
  /// what happened stands at the beginning, and what to do at the end.
  static func sentence(_ error: any Error) -> String {
    let text = "\(error)".replacingOccurrences(of: "\n", with: " ")
    let (head, tail) = (800, 3_200)
    guard text.count > head + tail else { return text }
    return "\(text.prefix(head)) […\(text.count - head - tail) characters…] \(text.suffix(tail))"
  }
}

/// A failure found by the command itself.
struct CommandFailure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}
