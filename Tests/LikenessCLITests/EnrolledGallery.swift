import Foundation
import Testing

/// A gallery of drawn people, enrolled through the command.
struct EnrolledGallery {
  let folder: TemporaryFolder
  let people: DrawnFaces

  var path: String { folder.path + "/gallery.db" }

  init(people count: Int = 3, pictures: Int = 3, seed: UInt64 = 40) throws {
    folder = try TemporaryFolder()
    people = try DrawnFaces(people: count, pictures: pictures, seed: seed)
    let run = try CommandRun.likeness("enroll", path, people.path, "--model", try TrainedModel.get().path)
    try #require(run.status == 0, "\(run.errors)")
  }

  /// The identities of a query's candidates, nearest first.
  func ask(_ probe: String, k: Int = 10) throws -> [String] {
    let run = try CommandRun.likeness("query", path, probe, "-k", "\(k)", "--json")
    try #require(run.status == 0, "\(run.errors)")
    let candidates = try #require(try run.json()["candidates"] as? [[String: Any]])
    return candidates.compactMap { $0["identity"] as? String }
  }
}
