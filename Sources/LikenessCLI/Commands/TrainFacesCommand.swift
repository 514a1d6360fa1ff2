import ArgumentParser
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
    try FolderTraining(
      options: options, network: network, method: method, running: running, output: output
    ).run(&trainer)
  }
}
