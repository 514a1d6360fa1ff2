import ArgumentParser
import Foundation
import LikenessTraining
import Networks

struct TrainSeriesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "series",
    abstract: "Trains an encoder of the moments of series, such that moments close in time are similar.",
    discussion: """
      The data are a folder of CSV files, a stream a file: t_ms (milliseconds) or date, a column a channel, and perhaps a \
      label, which is never looked at. Whose stream it is stands in the file's name, before the first '_'. Gaps in time \
      and holes in the data are borders. The loss is CaTT's NT-pair (Shamba, Bach & Taylor 2024) across batch and time. \
      While it trains, checkpoints are kept beside the model file; a training that was cut off goes on with --resume.
      """)

  @Option(help: "A folder of CSV files.", completion: .directory)
  var data: String

  @Option(help: "The model file to write.", completion: .file())
  var out: String

  @Option(
    help: """
      dilated looks with convolutions at the moments around each too, per-step at each alone: sooner. Default: dilated.
      """)
  var encoder: SeriesSettings.Encoder?

  @Option(help: "Values that the encoder makes of a moment; the front end's are joined to them.")
  var dimension: Int?

  @Option(help: ArgumentHelp("Time from a sample to the next. Default: the data's, 20 at least.", valueName: "ms"))
  var step: Double?

  @Option(help: "Samples in a window; descriptions look at half of it, at it, at twice and at four times it.")
  var window: Int?

  @Option(help: "Samples from a moment to the next.")
  var hop: Int?

  @Option(help: "The loss's temperature.")
  var temperature: Float?

  @Option(help: "How much a moment of another series counts as a stranger beside one of the same, 0 to 1.")
  var elsewhere: Float?

  @Option(help: "How many moments away a neighbour can be.")
  var reach: Int?

  @Option(help: "Looks at the validation data; each after 50 steps.")
  var epochs: Int?

  @Option(help: "The highest learning rate of the one-cycle schedule.")
  var rate: Double?

  @Option(help: "The share of subjects set aside to steer by, 0 to 0.5.")
  var validation: Double?

  @Option(help: "Threads; the result is the same for any number. Default: one a core.")
  var threads: Int?

  @Option(help: "The seed of everything chance decides: same seed and data, same model file.")
  var seed: UInt64 = 1

  @Flag(help: "Leave out files that cannot be read, and count them, instead of stopping.")
  var skipBroken = false

  @OptionGroup var running: RunOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    try Seed.check(seed)
    if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads must be from 1 to 1024.") }
    if let epochs, !(1...100_000).contains(epochs) { throw ValidationError("--epochs must be from 1 to 100000.") }
  }

  func run() throws {
    var trainer = SeriesTrainer()
    trainer.settings.seed = seed
    trainer.settings.step = step
    if let encoder { trainer.settings.encoder = encoder }
    if let dimension { trainer.settings.dimension = dimension }
    if let window { trainer.settings.window = window }
    if let hop { trainer.settings.hop = hop }
    if let temperature { trainer.settings.loss.temperature = temperature }
    if let elsewhere { trainer.settings.loss.elsewhere = elsewhere }
    if let reach { trainer.settings.loss.reach = reach }
    if let epochs { trainer.settings.steps = epochs * trainer.settings.stepsPerEpoch }
    if let rate { trainer.settings.peakRate = rate }
    if let validation { trainer.settings.validationShare = validation }
    if let patience = running.patience { trainer.settings.patience = patience }
    trainer.workers = threads
    trainer.skipsBroken = skipBroken
    if let from = running.from {
      let shaping: [(String, Bool)] = [
        ("--dimension", dimension != nil), ("--step", step != nil), ("--window", window != nil), ("--hop", hop != nil),
        ("--encoder", encoder != nil),
      ]
      if let given = shaping.first(where: \.1) {
        throw CommandFailure("\(given.0) comes from the model that is trained from: leave it out")
      }
      trainer.parent = try SeriesParent(contentsOf: from)
    }
    try running.apply(to: &trainer, out: out, data: data)

    let folder = try SeriesFolder(path: data)
    let subjects = Set(
      folder.files.map { file in
        let stem = URL(fileURLWithPath: file).deletingPathExtension().lastPathComponent
        return String(stem.prefix { $0 != "_" })
      })
    let (trained, report) = try TrainingSession(
      running: running, out: out, recipe: "series", seed: seed, identities: subjects.sorted()
    ).run(checkpoints: trainer.checkpoints) { [trainer] in try trainer.train(folder, onEvent: $0) }
    let summary = SeriesTrainingSummary(trained, out: out, report: report)
    if output.json { return try Console.printJSON(summary) }
    Console.print(summary.text)
  }
}

/// What `train series` says at its end.
private struct SeriesTrainingSummary: Encodable {
  var model: String
  var recipe: String
  var dimension: Int
  var seed: UInt64
  var channels: [String]
  var streams: Int
  var subjects: Int
  /// Those trained on and those set aside to steer by.
  var moments: Int
  var trainingMoments: Int
  var validationMoments: Int
  var seconds: Double
  var framesPerSecond: Double
  var peakMemoryBytes: Int
  var bestEpoch: Int?
  var epochs: [SeriesEpoch]
  var notes: [String]
  var skipped: [LabelledInputs.Skipped]
  /// The report's page, where one was asked for.
  var report: String?

  enum CodingKeys: String, CodingKey {
    case model, recipe, dimension, seed, channels, streams, subjects, moments, seconds, epochs, notes, skipped, report
    case trainingMoments = "training_moments"
    case validationMoments = "validation_moments"
    case framesPerSecond = "frames_per_second"
    case peakMemoryBytes = "peak_memory_bytes"
    case bestEpoch = "best_epoch"
  }

  init(_ trained: TrainedSeries, out: String, report: String?) {
    self.report = report
    model = out
    recipe = trained.card.recipe
    dimension = trained.model.dimension
    seed = trained.card.settings.seed
    channels = trained.card.channels
    (streams, subjects, moments) = (trained.card.streams, trained.card.subjects, trained.card.moments)
    (trainingMoments, validationMoments) = (trained.card.trainingMoments, trained.card.validationMoments ?? 0)
    seconds = trained.seconds
    framesPerSecond = trained.framesPerSecond
    peakMemoryBytes = PeakMemory.bytes
    bestEpoch = trained.card.bestEpoch?.epoch
    epochs = trained.epochs
    notes = trained.notes
    skipped = trained.skipped
  }

  var text: String {
    let figures = String(format: "%.0f s (%.0f moments/s, %d MB)", seconds, framesPerSecond, peakMemoryBytes >> 20)
    let aside = validationMoments > 0 ? " and steered by \(validationMoments) others," : ""
    let first =
      "series: \(dimension) values a moment, trained on \(counted(trainingMoments, "moment"))\(aside) of "
      + "\(counted(streams, "stream")) of \(counted(subjects, "subject")) in \(figures), in \(model)"
    let left = skipped.isEmpty ? [] : ["left out \(counted(skipped.count, "file")) that cannot be read:"]
    let page = report.map { ["report: \($0)"] } ?? []
    return ([first] + notes + left + skipped.map { "  \($0.path): \($0.reason)" } + page).joined(separator: "\n")
  }
}

extension SeriesSettings.Encoder: ExpressibleByArgument {}
