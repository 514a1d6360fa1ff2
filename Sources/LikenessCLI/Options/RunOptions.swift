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

  /// Hands what every trainer takes to one that writes `out`, and makes sure that all that is to be written can be.
  ///
  /// - Parameters:
  ///   - data: what is read.
  ///   - others: files that are written besides, with what they hold.
  func apply(
    to trainer: inout some LongTraining, out: String, data: String, others: [(path: String, what: String)] = []
  ) throws {
    try OutputPlace.checkModel(out)
    if let gallery, Links.absolute(gallery) == Links.absolute(out) {
      throw CommandFailure("\(gallery): here the model is written: a gallery is a file of its own, choose another name")
    }
    var places = Set([gallery].compactMap { $0.map(Links.absolute) })
    for other in others {
      guard places.insert(Links.absolute(other.path)).inserted else {
        throw CommandFailure("\(other.path): two files cannot have one name: choose another for \(other.what)")
      }
      try OutputPlace.checkFile(other.path, for: other.what, sparing: [data])
      guard URL(fileURLWithPath: other.path).standardizedFileURL != URL(fileURLWithPath: out).standardizedFileURL else {
        throw CommandFailure("\(other.path): here the model is written: choose another name for \(other.what)")
      }
    }
    // Before the training, not after it.
    _ = try DurableFile.place(of: out)
    if let report { try OutputPlace.checkFolder(report, for: "the report") }
    // Beside the file itself, whatever links lead to it.
    let checkpoints = Links.followed(out) + ".checkpoints"
    trainer.checkpoints = checkpoints
    trainer.resumes = resume
    trainer.minutes = minutes
    trainer.licence = licence
    if resume, (try? FileManager.default.contentsOfDirectory(atPath: checkpoints))?.isEmpty ?? true {
      Console.note("nothing to resume beside \(out): the training begins")
    }
  }
}
