import ArgumentParser
import LikenessTraining

struct TrainPicturesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pictures",
    abstract: "Trains a convolutional network to tell classes of pictures apart that it never saw.",
    discussion: """
      The data are folders of pictures, however deep: characters, products, plants; each folder with pictures in it is a \
      class. Whether pictures may be mirrored, and whether turned ones are classes of their own, is found out from them. \
      Some classes are set aside to find the best epoch; principal components are printed beside the network. While it \
      trains, checkpoints are kept beside the model file; a training that was cut off goes on with --resume.
      """)

  @OptionGroup var options: TrainingOptions
  @OptionGroup var network: NetworkOptions

  @OptionGroup var method: MethodOptions
  @OptionGroup var running: RunOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    var trainer = PictureTrainer()
    try FolderTraining(
      options: options, network: network, method: method, running: running, output: output
    ).run(&trainer)
  }
}
