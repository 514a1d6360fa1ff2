import ArgumentParser
import LikenessTraining

struct TrainPCACommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pca", abstract: "Fits principal components (eigenfaces) to pictures.")

  @OptionGroup var options: TrainingOptions

  @Option(help: "How many components to keep; at most the number of pictures less one.")
  var dimension = 40

  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard (1...65_536).contains(dimension) else { throw ValidationError("--dimension must be from 1 to 65536.") }
  }

  func run() throws {
    try BaselineTraining(recipe: .pca(components: dimension), options: options, output: output).run()
  }
}
