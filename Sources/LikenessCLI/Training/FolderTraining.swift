import LikenessTraining

/// A training on a folder of folders through the command, by any recipe.
struct FolderTraining {
  let options: TrainingOptions
  let network: NetworkOptions
  let method: MethodOptions
  let running: RunOptions
  let output: OutputOptions

  /// Trains, writes what is asked for, and prints what came of it.
  func run<Recipe>(_ trainer: inout FolderTrainer<Recipe>) throws {
    trainer.dimension = network.dimension
    trainer.members = network.networks
    trainer.seed = options.seed
    trainer.epochs = network.epochs
    trainer.peakRate = network.rate
    trainer.validationShare = network.validation
    trainer.patience = running.patience
    trainer.skipsBroken = options.skipBroken
    trainer.workers = network.threads
    trainer.parent = try running.from.map { try ParentModel(contentsOf: $0, recipe: Recipe.name) }
    method.apply(to: &trainer)
    try running.apply(to: &trainer, out: options.out, data: options.data)

    let folder = try PictureFolder(path: options.data)
    let (trained, report) = try TrainingSession(
      running: running, out: options.out, recipe: Recipe.name, seed: options.seed,
      identities: folder.identities.map(\.name)
    ).run(checkpoints: trainer.checkpoints) { [trainer] in try trainer.train(folder, onEvent: $0) }
    let summary = try TrainingSummary(trained: trained, folder: folder, out: options.out, report: report)
    if output.json { return try Console.printJSON(summary) }
    Console.print(summary.text)
  }
}
