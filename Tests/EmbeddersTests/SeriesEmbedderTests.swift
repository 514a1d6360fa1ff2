import Foundation
import Likeness
import LikenessEmbedders
import LikenessTraining
import Networks
import Testing

@Suite("Embedders of series")
struct SeriesEmbedderTests {
  /// A folder of two streams, a slow and a quick swing with noise, 12 s at 50 Hz.
  private static func folder() throws -> String {
    let folder = NSTemporaryDirectory() + "likeness-series-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for (number, speed) in [0.2, 0.9].enumerated() {
      var random = SeededRandom(seed: UInt64(number))
      let text = (0..<600).reduce("t_ms,x\n") { text, row in
        text + "\(row * 20),\(sin(speed * Double(row)) + 0.1 * random.normal())\n"
      }
      try text.write(toFile: folder + "/s\(number)_a.csv", atomically: true, encoding: .utf8)
    }
    return folder
  }

  @Test("the example of the README: train, enroll moments with their times, ask what now looks like")
  func readme() throws {
    let folder = try Self.folder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var trainer = SeriesTrainer()
    trainer.settings.steps = 20

    let trained = try trainer.train(SeriesFolder(path: folder))
    let embedder = try SeriesEmbedder(model: trained.model.encoded())
    let gallery = try Gallery(path: folder + "/moments.db", embedder: embedder)
    for stream in try SeriesFolder(path: folder).streams() {
      try gallery.enroll(
        embedder.model.embed(stream).map { moment in
          Enrollment(identity: stream.name, vector: moment.vector, attributes: ["t_ms": .number(moment.time)])
        })
    }
    let answer = try gallery.query(.input(.file(path: folder + "/s1_a.csv")), k: 1)  // the file's last window
    #expect(answer.candidates.first?.identity == "s1_a")

    // Another program needs nothing but the gallery.
    try gallery.close()
    let again = try Gallery(path: folder + "/moments.db")
    try again.attachStoredEmbedder()
    #expect(try again.query(.input(.file(path: folder + "/s0_a.csv")), k: 1).candidates.first?.identity == "s0_a")
  }

  @Test("what is no series of the model's channels is refused in a sentence")
  func refusals() throws {
    let folder = try Self.folder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var trainer = SeriesTrainer()
    trainer.settings.steps = 1
    let embedder = try SeriesEmbedder(model: trainer.train(SeriesFolder(path: folder)).model.encoded())
    #expect(throws: EmbedderError.self) { try embedder.embed(.text("walking")) }
    #expect(throws: EmbedderError.self) { try embedder.embed(.data(Data("t_ms,y\n0,1\n20,2\n".utf8))) }
    #expect(throws: EmbedderError.self) { try embedder.embed(.data(Data("t_ms,x\n0,1\n20,2\n".utf8))) }
    #expect(throws: EmbedderError.self) { try embedder.embed(.file(path: folder + "/none.csv")) }
    #expect(throws: ModelError.self) { try SeriesEmbedder(model: Data("none".utf8)) }
  }
}
