import ArgumentParser
import Foundation
import Likeness

struct RebuildCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rebuild", abstract: "Builds the index anew from the rows, and measures what it finds.")

  @OptionGroup var gallery: GalleryArgument

  @OptionGroup var searches: SampleOptions
  @OptionGroup var index: IndexOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let store = try gallery.open()
    let bar = ProgressBar("Rebuilding", unit: "embeddings")
    let report = try store.rebuild(sample: searches.sample, seed: searches.seed) {
      bar.update($0.completed, of: $0.total)
    }
    bar.finish()
    if output.json { return try Console.printJSON(report) }
    var line =
      "built the index of \(counted(report.embeddings, "embedding")) in \(String(format: "%.1f s", report.seconds))"
    if let recall = report.recall {
      line += String(format: "; searches find %.1f %% of the true 10 nearest", recall * 100)
    }
    if report.leftOut > 0 {
      line += "; \(counted(report.leftOut, "row")) left out: see likeness verify \(report.path)"
    }
    Console.print(line)
  }
}
