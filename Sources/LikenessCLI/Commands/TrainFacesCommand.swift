import ArgumentParser
import Foundation
import LikenessTraining

struct TrainFacesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "faces",
    abstract: "Trains convolutional networks, with the triplet loss or another, on a folder per person.",
    discussion: """
      A first network sets some people aside and finds by them which epoch is best; the others then train on everybody \
      and stop there. Eigenfaces (PCA) and Fisherfaces (PCA, LDA) are printed beside the first network. While it trains, \
      checkpoints are kept beside the model file; a training that was cut off goes on with --resume.
      """)

  @OptionGroup var options: TrainingOptions

  @Option(help: "The embedding's dimension. Default: the recipe's.")
  var dimension: Int?

  @Option(help: "How many networks are trained apart and joined into one embedding. Default: the recipe's.")
  var networks: Int?

  @Option(help: "Epochs. Default: the recipe's, from the size of the data.")
  var epochs: Int?

  @OptionGroup var method: MethodOptions

  @Option(help: "The highest learning rate of the one-cycle schedule. Default: the recipe's.")
  var rate: Double?

  @Option(help: "The share of people set aside to steer by, 0 to 0.5. Default: the recipe's.")
  var validation: Double?

  @Option(help: "Threads; the result is the same for any number. Default: one a core.")
  var threads: Int?

  @OptionGroup var running: RunOptions

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
    var trainer = FaceTrainer()
    trainer.dimension = dimension
    trainer.members = networks
    trainer.seed = options.seed
    trainer.epochs = epochs
    method.apply(to: &trainer)
    try running.apply(to: &trainer, out: options.out)
    trainer.peakRate = rate
    trainer.validationShare = validation
    trainer.skipsBroken = options.skipBroken
    trainer.workers = threads

    let folder = try PictureFolder(path: options.data)
    let progress = TrainingProgress("Training")
    let recorder = try running.gallery.map {
      try TrainingRecorder(
        gallery: $0, recipe: FaceRecipe.name, seed: options.seed, identities: folder.identities.map(\.name),
        checkpoints: trainer.checkpoints, isResuming: running.resume)
    }
    let trained = try trainer.train(folder) { training, event in
      progress.show(training, event)
      recorder?.hear(training, event)
    }
    progress.finish()
    let model = try trained.file()
    try AtomicFile.write(model, to: options.out)
    try recorder?.finish(trained, model: model)
    trained.checkpoints?.remove()
    let report = try running.report.map { try TrainingReport(trained: trained).write(to: $0) }

    let summary = try TrainingSummary(trained: trained, folder: folder, out: options.out, report: report)
    if output.json { return try Console.printJSON(summary) }
    print(summary.text)
  }
}
