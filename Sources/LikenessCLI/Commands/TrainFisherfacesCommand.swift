import ArgumentParser
import LikenessTraining

struct TrainFisherfacesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fisherfaces",
    abstract: "Fits principal components and then linear discriminants to pictures of labelled people.")

  @OptionGroup var options: TrainingOptions

  @Option(help: "How many discriminants to keep; at most the number of people less one. Default: all of them.")
  var dimension: Int?

  @Option(help: "How many principal components come first.")
  var components = 80

  @OptionGroup var output: OutputOptions

  func validate() throws {
    if let dimension, !(1...65_536).contains(dimension) {
      throw ValidationError("--dimension must be from 1 to 65536.")
    }
    guard (1...65_536).contains(components) else { throw ValidationError("--components must be from 1 to 65536.") }
  }

  func run() throws {
    try BaselineTraining(
      recipe: .fisherfaces(components: components, discriminants: dimension), options: options, output: output
    ).run()
  }
}
