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
  @OptionGroup var network: NetworkOptions

  @Option(help: "The triplet loss's margin. Default: the recipe's.")
  var margin: Float?

  @Option(
    help: "Which triplets of a batch are trained on: \(TripletMiner.allCases.map(\.rawValue).joined(separator: ", ")).")
  var miner: TripletMiner?

  @OptionGroup var output: OutputOptions

  func run() throws {
    var trainer = PictureTrainer()
    trainer.dimension = network.dimension
    trainer.members = network.networks
    trainer.seed = options.seed
    trainer.epochs = network.epochs
    trainer.margin = margin
    trainer.miner = miner
    trainer.peakRate = network.rate
    trainer.validationShare = network.validation
    trainer.skipsBroken = options.skipBroken
    trainer.workers = network.threads

    let folder = try PictureFolder(path: options.data)
    let progress = TrainingProgress("Training")
    let trained = try trainer.train(folder, onEvent: progress.show)
    progress.finish()
    try AtomicFile.write(trained.file(), to: options.out)

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
