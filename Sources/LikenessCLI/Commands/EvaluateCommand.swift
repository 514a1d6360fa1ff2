import ArgumentParser
import Foundation
import LikenessEmbedders

struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measures a model on data it was not trained on.",
    discussion: """
      What is measured follows from the kind of the model.

      Pictures: every picture once as a probe against the others, closed-set rank-1 with 1 and 5 enrolled pictures, open-set \
      trials with strangers; 95 % bootstrap intervals over identities. Few-shot recognition: 5 and 20 classes, known by \
      1 and 5 pictures, 1,000 episodes, with 95 % intervals over these episodes alone.

      Captions: a list of lines 'path⇥caption'; how often a sentence finds its picture, and a picture its sentence, among \
      all of the list.

      Words: lines of two words and a score give Spearman's rank correlation, Google's analogy format the share of \
      questions answered, and plain sentences with --gaps how well left-out words are found.

      Series: a linear probe with 1, 5, 10 and 100 % of the labels of --labelled, on subjects that neither it nor the \
      model has seen, beside raw windows, hand-made features and the untrained encoder.
      """)

  @Argument(help: "The model file.", completion: .file())
  var model: String

  @Argument(
    help: """
      A folder per identity, none of them seen in training; for captions a .tsv list; for words a file of pairs, \
      analogies or sentences; for series a folder of CSV files.
      """,
    completion: .file())
  var data: String

  @Option(help: "The seed of draws and resamples.")
  var seed: UInt64 = 0

  @Flag(help: "Leave out pictures that cannot be read, and count them, instead of stopping.")
  var skipBroken = false

  @OptionGroup var pictures: PictureEvaluationOptions

  @OptionGroup var words: WordEvaluationOptions

  @OptionGroup var series: SeriesEvaluationOptions

  @OptionGroup var output: OutputOptions

  func validate() throws { try Seed.check(seed) }

  func run() throws {
    let kind = try Kinds.kind(of: ModelFile(path: model).makeEmbedder(), options: pictures, words, series)
    let outcome = try kind.evaluate(
      EvaluationRequest(
        data: data, seed: seed, skipsBroken: skipBroken, pictures: pictures, words: words, series: series))
    if output.json { return try Console.printJSON(outcome) }
    Console.print(outcome.text)
  }
}
