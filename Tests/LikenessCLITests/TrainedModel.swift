import Foundation

/// A small model trained once, through the command, for all tests that need one.
struct TrainedModel: Sendable {
  let folder: TemporaryFolder
  let status: Int32
  let output: String
  let errors: String

  var path: String { folder.path + "/small.model" }

  /// Trains on the first call; every later one has the same model.
  static func get() throws -> TrainedModel {
    try trained.get()
  }

  private static let trained = Result {
    let folder = try TemporaryFolder()
    let faces = try DrawnFaces(people: 8, pictures: 6, seed: 11, prefix: "known")
    let run = try train(on: faces, to: folder.path + "/small.model")
    return TrainedModel(folder: folder, status: run.status, output: run.output, errors: run.errors)
  }

  /// A training of a few seconds.
  static func train(on faces: DrawnFaces, to path: String, seed: Int = 5, threads: Int = 2) throws -> CommandRun {
    try CommandRun.likeness(
      "train", "faces", "--data", faces.path, "--out", path, "--dimension", "32", "--networks", "2", "--epochs", "3",
      "--seed", "\(seed)",
      "--threads", "\(threads)", "--json")
  }
}
