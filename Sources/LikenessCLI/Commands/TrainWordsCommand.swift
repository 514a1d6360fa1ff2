import ArgumentParser
import Foundation
import LikenessTraining
import VectorFiles

struct TrainWordsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "words",
    abstract: "Trains word vectors, and an encoder that fills gaps in sentences, on plain text.",
    discussion: """
      word2vec with negative sampling (Mikolov et al. 2013). Words are runs of letters in lower case, apostrophes \
      inside them included; a line is a sentence or a paragraph, and no window reaches beyond it. With --minutes the text \
      is read whole in any case, which is the least that it takes (some seconds for 100 MB); what there is no time for \
      afterwards is left out: principal components, spelling, the encoder of gaps.
      """)

  @Option(help: "Plain text in UTF-8: a file, or a folder whose files are read in the order of their names.")
  var data: String

  @Option(help: "The model file to write.", completion: .file())
  var out: String

  @Option(help: "Values a vector.")
  var dimension = 200

  @Flag(help: "Predict a word from the mean of those around it, or from each of them.")
  var method = Method.cbow

  @Option(help: "How far a word's context reaches. Default: 8, with --skip-gram 5.")
  var window: Int?

  @Option(help: "Words drawn against each true one. Default: 15, with --skip-gram 10.")
  var negative: Int?

  @Option(help: "Passes over the corpus.")
  var epochs = 10

  @Option(help: "Rarer words are taken out.")
  var minCount = 5

  @Option(help: "Words more frequent than this share are left out in part; 0 for never.")
  var subsample = 1e-4

  @Option(help: "The learning rate at the beginning. Default: 0.05, with --skip-gram 0.025.")
  var rate: Double?

  @Flag(help: "word2vec's vectors alone, nothing of spelling and principal components joined to them.")
  var plain = false

  @Option(
    name: .customLong("pca"),
    help: ArgumentHelp("Also write the principal components as a model, to compare with.", valueName: "file"),
    completion: .file())
  var pca: String?

  @Flag(help: "Join words that stand together much more often than by chance: new_york.")
  var phrases = false

  @Flag(help: "Train no encoder of gaps: a smaller model, sooner.")
  var noGaps = false

  @Option(help: "Passes over the corpus for the encoder of gaps.")
  var gapEpochs = 4

  @Option(help: "Threads. Default: one a core.")
  var threads: Int?

  @Flag(help: "The same vectors for the same seed on any number of threads; otherwise threads write without locks.")
  var deterministic = false

  @Option(help: "The seed of everything chance decides.")
  var seed: UInt64 = 1

  @Option(
    name: .customLong("word2vec"), help: ArgumentHelp("Also write the vectors as word2vec text.", valueName: "file"),
    completion: .file())
  var word2vec: String?

  @Option(
    help: ArgumentHelp(
      "Print figures on a file of pairs or analogies, and principal components' beside them. May be repeated.",
      valueName: "file"), completion: .file())
  var check: [String] = []

  @Flag(help: "Leave out files of the folder that are not UTF-8 text, and count them, instead of stopping.")
  var skipBroken = false

  @OptionGroup var running: RunOptions
  @OptionGroup var output: OutputOptions

  enum Method: String, EnumerableFlag {
    case cbow
    case skipGram

    static func name(for value: Method) -> NameSpecification {
      value == .cbow ? .customLong("cbow") : .customLong("skip-gram")
    }
  }

  func validate() throws {
    try Seed.check(seed)
    if running.patience != nil {
      throw ValidationError(
        "--patience: words have nothing set aside to be patient with; say --epochs or --minutes instead.")
    }
    if running.from != nil {
      throw ValidationError(
        "--from: a model of words cannot be trained further, for its vectors belong to its own corpus; give all the text."
      )
    }
    if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads must be from 1 to 1024.") }
    guard (1...1000).contains(gapEpochs) else { throw ValidationError("--gap-epochs must be from 1 to 1000.") }
  }

  func run() throws {
    var trainer = WordTrainer()
    trainer.settings.method = method == .cbow ? .cbow : .skipGram
    trainer.settings.dimension = dimension
    trainer.settings.window = window
    trainer.settings.negatives = negative
    trainer.settings.epochs = epochs
    trainer.settings.subsample = subsample
    trainer.settings.rate = rate
    trainer.settings.seed = seed
    trainer.settings.isDeterministic = deterministic
    if plain { trainer.settings.join = nil }
    trainer.gaps?.epochs = gapEpochs
    if noGaps { trainer.gaps = nil }
    trainer.minimumCount = minCount
    trainer.phrases = phrases
    trainer.skipsBroken = skipBroken
    trainer.workers = threads
    let others = [(pca, "the principal components"), (word2vec, "the vectors")]
    try running.apply(
      to: &trainer, out: out, data: data,
      others: others.compactMap { path, what in path.map { (path: $0, what: what) } })
    // Said now and not after hours.
    if let pca { try OutputPlace.checkModel(pca, for: "the principal components") }
    if let word2vec { try EarlierFile.check(word2vec, format: .word2vec) }
    if running.resume, !deterministic {
      Console.note(
        "threads write freely: it goes on, but not to the same bytes; --deterministic, from the start, would")
    }

    let checks = try check.map { try WordCheck(path: $0) }
    let (trained, report) = try TrainingSession(
      running: running, out: out, recipe: "words", seed: seed, stages: ["words gaps"]
    ).run(checkpoints: trainer.checkpoints) { [trainer, data] in try trainer.train(path: data, onEvent: $0) }
    if let pca {
      try AtomicFile.write(trained.principalComponents().encoded(), to: pca)
    }
    if let word2vec { try Word2VecText.write(trained.model, to: word2vec) }

    let summary = try WordTrainingSummary(trained, out: out, report: report, checks: checks)
    if output.json { return try Console.printJSON(summary) }
    Console.print(summary.text)
  }
}
