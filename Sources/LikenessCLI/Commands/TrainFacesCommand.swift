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
  @OptionGroup var network: NetworkOptions

  @OptionGroup var method: MethodOptions

  @OptionGroup var running: RunOptions

  @OptionGroup var output: OutputOptions

  func run() throws {
    var trainer = FaceTrainer()
    trainer.dimension = network.dimension
    trainer.members = network.networks
    trainer.seed = options.seed
    trainer.epochs = network.epochs
    method.apply(to: &trainer)
    try running.apply(to: &trainer, out: options.out)
    trainer.peakRate = network.rate
    trainer.validationShare = network.validation
    trainer.skipsBroken = options.skipBroken
    trainer.workers = network.threads

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
