import ArgumentParser
import Foundation
import LikenessTraining

struct TrainPicturesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pictures",
    abstract: "Trains a convolutional network to tell classes of pictures apart that it never saw.",
    discussion: """
      The data are folders of pictures, however deep: characters, products, plants; each folder with pictures in it is a \
      class. Whether pictures may be mirrored, and whether turned ones are classes of their own, is found out from them. \
      Some classes are set aside to find the best epoch; principal components are printed beside the network.
      """)

  @OptionGroup var options: TrainingOptions

  @Option(help: "The embedding's dimension, a multiple of the number of networks. Default: the recipe's.")
  var dimension: Int?

  @Option(help: "How many networks are trained apart and joined into one embedding. Default: the recipe's.")
  var networks: Int?

  @Option(help: "Epochs. Default: the recipe's.")
  var epochs: Int?

  @Option(help: "The triplet loss's margin. Default: the recipe's.")
  var margin: Float?

  @Option(
    help: "Which triplets of a batch are trained on: \(TripletMiner.allCases.map(\.rawValue).joined(separator: ", ")).")
  var miner: TripletMiner?

  @Option(help: "The highest learning rate of the one-cycle schedule. Default: the recipe's.")
  var rate: Double?

  @Option(help: "The share of classes set aside to steer by, 0 to 0.5. Default: the recipe's.")
  var validation: Double?

  @Option(help: "Threads; the result is the same for any number. Default: one a core.")
  var threads: Int?

  @OptionGroup var output: OutputOptions

  func validate() throws {
    if let networks, !(1...16).contains(networks) { throw ValidationError("--networks must be from 1 to 16.") }
    if let dimension, !(1...65_536).contains(dimension) {
      throw ValidationError("--dimension must be from 1 to 65536.")
    }
    if let epochs, !(1...1_000_000).contains(epochs) { throw ValidationError("--epochs must be from 1 to 1000000.") }
    if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads must be from 1 to 1024.") }
  }

  func run() throws {
    var trainer = PictureTrainer()
    trainer.dimension = dimension
    trainer.members = networks
    trainer.seed = options.seed
    trainer.epochs = epochs
    trainer.margin = margin
    trainer.miner = miner
    trainer.peakRate = rate
    trainer.validationShare = validation
    trainer.skipsBroken = options.skipBroken
    trainer.workers = threads

    let folder = try PictureFolder(path: options.data)
    let progress = TrainingProgress("Training")
    let trained = try trainer.train(folder, onEvent: progress.show)
    progress.finish()
    try trained.file().write(to: URL(fileURLWithPath: options.out), options: .atomic)

    let fewShots = try trained.validationFewShots(folder: folder) ?? []
    let summary = PictureTrainingSummary(
      training: try TrainingSummary(trained: trained, folder: folder, out: options.out), rows: fewShots)
    if output.json { return try Console.printJSON(summary) }
    print(summary.text)
  }
}

/// What every training of pictures says at its end, and few-shot figures.
private struct PictureTrainingSummary: Encodable {
  var training: TrainingSummary
  var rows: [(name: String, report: FewShotReport)]

  private enum CodingKeys: String, CodingKey {
    case fewShot = "validation_few_shot"
  }

  var text: String {
    ([training.text] + rows.map { "\($0.name): \($0.report.summary)" }).joined(separator: "\n")
  }

  func encode(to encoder: any Encoder) throws {
    try training.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(Dictionary(uniqueKeysWithValues: rows.map { ($0.name, $0.report) }), forKey: .fewShot)
  }
}
