import ArgumentParser
import Foundation
import LikenessEmbedders
import LikenessTraining

struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measures a model on identities it was not trained on.",
    discussion: """
      Every picture once as a probe against the others, closed-set rank-1 with 1 and 5 enrolled pictures, open-set \
      trials with strangers; 95 % bootstrap intervals over identities.
      """)

  @Argument(help: "The model file.", completion: .file())
  var model: String

  @Argument(help: "A folder of folders: a folder per identity, none of them seen in training.", completion: .directory)
  var data: String

  @Option(help: "Random galleries to average over.")
  var draws = 20

  @Option(help: "Bootstrap resamples for the intervals; 0 for none.")
  var bootstrap = 200

  @Option(help: "The seed of draws and resamples.")
  var seed: UInt64 = 0

  @Flag(help: "Leave out pictures that cannot be read, and count them, instead of stopping.")
  var skipBroken = false

  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard draws >= 1, draws <= 10_000 else { throw ValidationError("--draws must be from 1 to 10000.") }
    guard bootstrap >= 0, bootstrap <= 10_000 else { throw ValidationError("--bootstrap must be from 0 to 10000.") }
  }

  func run() throws {
    let embedder = try ImageEmbedder(modelAt: model)
    let bar = ProgressBar("Embedding", unit: "pictures")
    let set = try EmbeddedFolder(path: data, embedder: embedder, skipBroken: skipBroken) { done, total in
      bar.update(done, of: total)
    }
    bar.finish()
    let report = try Evaluation.evaluate(
      embeddings: set.embeddings.flatMap { $0 }, dimension: embedder.specification.dimension, labels: set.labels,
      metric: embedder.specification.metric == .cosine ? .cosine : .euclidean, draws: draws, bootstrap: bootstrap,
      seed: seed)
    if output.json { return try Console.printJSON(report) }
    print(report.summary)
    if !set.skipped.isEmpty { print("left out \(set.skipped.count) pictures that cannot be read") }
  }
}
