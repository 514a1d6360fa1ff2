import ArgumentParser
import LikenessTraining

struct TrainCaptionsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "captions",
    abstract: "Trains two towers, for pictures and for sentences, so that each finds the other.",
    discussion: """
      The data are a folder with captions.tsv: lines 'path⇥caption', the paths relative to the file, several lines a \
      picture where several captions fit. Some concepts (pictures with the same captions) are set aside to find the best \
      epoch; a closed-form regression is printed beside the towers. Pairs of towers whose features are patches of the \
      pictures are joined to the trained ones; they need no training. While it trains, checkpoints are kept beside the model \
      file; a training that was cut off goes on with --resume.
      """)

  @Option(help: "A folder with captions.tsv in it, or such a list by its own name.", completion: .file())
  var data: String

  @Option(help: "The model file to write.", completion: .file())
  var out: String

  @Option(help: "Values of an embedding, a multiple of the number of towers. Default: 128 for each pair of towers.")
  var dimension: Int?

  @Option(help: "How many pairs of towers are trained apart and joined. Default: the recipe's.")
  var towers: Int?

  @Option(
    help: """
      How many pairs of towers are made of pictures' patches, in closed form; 0 for none. Default: the recipe's, or as \
      many of them as share --dimension evenly.
      """)
  var patchTowers: Int?

  @Option(help: "Epochs, of 50 steps each. Default: the recipe's.")
  var epochs: Int?

  @Option(help: "Pictures in a batch. Default: the recipe's.")
  var batch: Int?

  @Option(help: "The highest learning rate of the one-cycle schedule. Default: the recipe's.")
  var rate: Double?

  @Option(help: "The share of concepts set aside to steer by, 0 to 0.5. Default: the recipe's.")
  var validation: Double?

  @Option(help: "Threads; the result is the same for any number. Default: one a core.")
  var threads: Int?

  @Option(help: "The seed of everything chance decides: same seed and data, same model file.")
  var seed: UInt64 = 1

  @Flag(help: "Leave out pictures and lines that cannot be read, and count them, instead of stopping.")
  var skipBroken = false

  @OptionGroup var running: RunOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    try Seed.check(seed)
    if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads must be from 1 to 1024.") }
    if let epochs, !(1...100_000).contains(epochs) { throw ValidationError("--epochs must be from 1 to 100000.") }
    if let towers, !(1...16).contains(towers) { throw ValidationError("--towers must be from 1 to 16.") }
    if let patchTowers, !(0...16).contains(patchTowers) {
      throw ValidationError("--patch-towers must be from 0 to 16.")
    }
    let pairs = pairs
    if let dimension, dimension < 1 || dimension % pairs.all != 0 {
      throw ValidationError("--dimension must be a multiple of the \(pairs.all) pairs of towers.")
    }
  }

  /// Pairs of towers that are trained, and of patches.
  private var pairs: (trained: Int, ofPatches: Int, all: Int) {
    let recipe = CaptionConfiguration()
    let trained = towers ?? recipe.members
    let usual = stride(from: recipe.patchTowers, through: 0, by: -1)
    let even = usual.first { count in dimension.map { $0 % (trained + count) == 0 } ?? true }
    let ofPatches = patchTowers ?? even ?? 0
    return (trained, ofPatches, trained + ofPatches)
  }

  func run() throws {
    var trainer = CaptionTrainer()
    (trainer.configuration.members, trainer.configuration.patchTowers) = (pairs.trained, pairs.ofPatches)
    if let dimension { trainer.configuration.dimension = dimension / pairs.all }
    if let epochs { trainer.configuration.steps = epochs * trainer.configuration.stepsPerEpoch }
    if let batch { trainer.configuration.batch = batch }
    if let rate { trainer.configuration.peakRate = rate }
    if let validation { trainer.configuration.validationShare = validation }
    if let patience = running.patience { trainer.configuration.patience = patience }
    trainer.configuration.seed = seed
    trainer.skipsBroken = skipBroken
    trainer.workers = threads
    if let from = running.from {
      let given = [("--towers", towers), ("--patch-towers", patchTowers), ("--dimension", dimension)]
      if let option = given.first(where: { $0.1 != nil }) {
        throw CommandFailure("\(option.0) comes from the model that is trained from: leave it out")
      }
      trainer.parent = try CaptionParent(contentsOf: from)
    }
    try running.apply(to: &trainer, out: out, data: data)

    let sheet = try CaptionSheet(path: data, skipsBroken: skipBroken)
    let (trained, report) = try TrainingSession(
      running: running, out: out, recipe: CaptionTrainer.recipe, seed: seed,
      identities: Set(sheet.entries.map { EnrollmentList.name(ofFile: $0.file) }).sorted()
    ).run(checkpoints: trainer.checkpoints) { [trainer] in try trainer.train(sheet, onEvent: $0) }
    let summary = try CaptionTrainingSummary(trained, sheet: sheet, out: out, report: report)
    if output.json { return try Console.printJSON(summary) }
    Console.print(summary.text)
  }
}
