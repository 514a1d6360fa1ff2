import ArgumentParser
import Foundation
import Likeness

struct RebuildCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rebuild", abstract: "Builds the index anew from the rows, and measures what it finds.")

  @OptionGroup var gallery: GalleryArgument

  @Option(help: ArgumentHelp("How many searches to measure recall with.", valueName: "count"))
  var sample = 100

  @Option(help: "Which searches: the same seed tries the same.")
  var seed: UInt64 = 1

  @OptionGroup var index: IndexOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard sample >= 0 else { throw ValidationError("--sample must be at least 0.") }
  }

  func run() throws {
    let store = try gallery.open()
    let bar = ProgressBar("Rebuilding", unit: "embeddings")
    let report = try store.rebuild(sample: sample, seed: seed) { bar.update($0.completed, of: $0.total) }
    bar.finish()
    if output.json { return try Console.printJSON(report) }
    var line =
      "built the index of \(counted(report.embeddings, "embedding")) in \(String(format: "%.1f s", report.seconds))"
    if let recall = report.recall {
      line += String(format: "; searches find %.1f %% of the true 10 nearest", recall * 100)
    }
    if report.leftOut > 0 {
      line += "; \(counted(report.leftOut, "damaged row")) left out: see likeness verify \(report.path)"
    }
    print(line)
  }
}
