import ArgumentParser

struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Trains an embedder and writes a model file.",
    subcommands: [
      TrainFacesCommand.self, TrainPicturesCommand.self, TrainCaptionsCommand.self, TrainWordsCommand.self,
      TrainSeriesCommand.self, TrainPCACommand.self, TrainFisherfacesCommand.self,
    ])
}

/// What every training takes and leaves.
struct TrainingOptions: ParsableArguments {
  @Option(help: "A folder of folders of pictures: a folder per identity.", completion: .directory)
  var data: String

  @Option(help: "The model file to write.", completion: .file())
  var out: String

  @Option(help: "The seed of everything chance decides: same seed and data, same model file.")
  var seed: UInt64 = 1

  @Flag(help: "Leave out pictures that cannot be read, and count them, instead of stopping.")
  var skipBroken = false

  func validate() throws { try Seed.check(seed) }
}
