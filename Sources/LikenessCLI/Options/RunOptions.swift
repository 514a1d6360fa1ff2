import ArgumentParser
import Files
import Foundation
import LikenessTraining

/// How a training is run, cut off and gone on with; nothing of it but `--minutes` and `--from` decides what is learned.
struct RunOptions: ParsableArguments {
  @Flag(
    help: """
      Go on with a training that was cut off, from the checkpoints beside --out; the model is the one it would have been.
      """)
  var resume = false

  @Option(
    help: """
      The best model that can be had in so many minutes, reading and measuring included: the learning rate falls with the \
      time. By the clock, the same seed does not give the same model.
      """)
  var minutes: Double?

  @Option(
    help: "Epochs without an improvement after which a training that is steered ends early. Default: the recipe's.")
  var patience: Int?

  @Option(
    help: "A model to train further, at a fifth of the rate: its preprocessing, architecture and weights are kept.",
    completion: .file())
  var from: String?

  @Option(
    help:
      "A gallery that keeps the training, its epochs and whom it was trained on (by hashes of names), for SQL to ask.",
    completion: .file())
  var gallery: String?

  @Option(help: "Who may use the model, for its card.")
  var licence: String?

  @Option(
    help: "A folder for a report: one page with curves, errors, confusions, a map and the model card.",
    completion: .directory)
  var report: String?

  func validate() throws {
    if let minutes, !(0.05...100_000).contains(minutes) {
      throw ValidationError("--minutes must be from 0.05 to 100000.")
    }
    if let patience, patience < 1 { throw ValidationError("--patience must be at least 1.") }
  }

  /// Hands what every trainer takes to one that writes `out`.
  func apply(to trainer: inout some LongTraining, out: String) throws {
    let folder = (out as NSString).deletingLastPathComponent
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: folder.isEmpty ? "." : folder, isDirectory: &isFolder),
      isFolder.boolValue
    else {
      throw CommandFailure("\(out): there is no folder \(folder) to write the model to: make it first")
    }
    guard !FileManager.default.fileExists(atPath: out, isDirectory: &isFolder) || !isFolder.boolValue else {
      throw CommandFailure("\(out): this is a folder: give the name of a file")
    }
    // Before the training, not after it.
    _ = try DurableFile.place(of: out)
    trainer.checkpoints = out + ".checkpoints"
    trainer.resumes = resume
    trainer.minutes = minutes
    trainer.licence = licence
    if !resume, FileManager.default.fileExists(atPath: out + ".checkpoints/training-1.checkpoint") {
      Console.note("a training beside \(out) that was cut off is given up: --resume would have gone on with it")
    }
    if resume, !FileManager.default.fileExists(atPath: out + ".checkpoints") {
      Console.note("nothing to resume beside \(out): the training begins")
    }
  }
}
