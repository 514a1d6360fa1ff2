import ArgumentParser
import Likeness

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Says what ails a gallery, or a file that should be one, and which command mends it.",
    discussion: """
      Changes nothing without --fix. With it: triggers, views and indexes are put back, a pending erasure is finished, a
      useless index snapshot is dropped, and rows that no answer can use are taken out, after a verified copy was made beside
      the gallery. Ends with exit code 1 if anything is wrong still.
      """)

  // Not GalleryArgument: what is not there, or no gallery, is what this is for.
  @Argument(help: ArgumentHelp("The gallery file.", valueName: "gallery"), completion: .file())
  var path: String

  @Flag(name: .long, help: "Mend what is safe to mend.")
  var fix = false

  @OptionGroup var waiting: WaitingOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    var configuration = GalleryConfiguration()
    waiting.apply(to: &configuration)
    let diagnosis = try Gallery.diagnose(path: path, configuration: configuration, fixing: fix)
    if output.json { try Console.printJSON(diagnosis) } else { Console.print(text(diagnosis)) }
    if !diagnosis.isHealthy { throw ExitCode.failure }
  }

  private func text(_ diagnosis: Diagnosis) -> String {
    var lines = diagnosis.mended.map { "mended: \($0)" }
    for complaint in diagnosis.complaints {
      lines.append("wrong: \(complaint.what)")
      lines.append("  \(complaint.mend)")
    }
    lines += diagnosis.remarks.map { "note: \($0)" }
    if diagnosis.isHealthy {
      lines.append("\(path) is healthy")
    } else {
      let fixable = diagnosis.complaints.count(where: \.isFixable)
      let count = counted(diagnosis.complaints.count, "thing is", "things are")
      lines.append("\(count) wrong" + (fixable > 0 && !fix ? ", \(fixable) of which --fix mends" : ""))
    }
    return lines.joined(separator: "\n")
  }
}
