import Foundation
import Images
import LikenessTraining
import Networks
import Testing

@Suite("How well captions and pictures find each other")
struct CaptionEvaluationTests {
  /// Four pictures, the first two of equal pixels, and five captions.
  private func data() throws -> CaptionedPictures {
    let path = NSTemporaryDirectory() + "likeness-ranks-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: path) }
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    for (name, value) in [("a", 10), ("b", 10), ("c", 100), ("d", 200)] {
      let pixels = (0..<16).map { UInt8(value + $0) }
      try (Data("P5\n4 4\n255\n".utf8) + Data(pixels)).write(to: URL(fileURLWithPath: "\(path)/\(name).pgm"))
    }
    let lines = "a.pgm\tone\nb.pgm\ttwo\nc.pgm\tthree\nc.pgm\tfour\nd.pgm\tfive"
    return try CaptionedPictures(
      CaptionSheet(lines, path: path + "/list.tsv"), preprocessing: Preprocessing(colour: .grey, width: 4, height: 4))
  }

  private func report(_ scores: [[Float]], unknown: Set<Int>? = nil) throws -> CaptionReport {
    // Pictures as scores, captions as the unit vectors: their product is the table of scores.
    let identity = (0..<25).map { Float($0 % 6 == 0 ? 1 : 0) }
    return CaptionReport(
      pictures: Tensor(shape: [4, 5], values: scores.flatMap { $0 }),
      captions: Tensor(shape: [5, 5], values: identity),
      data: try data(), unknown: unknown)
  }

  @Test("a caption of unknown words finds nothing and is found by nothing, alone among the answers too")
  func unknown() throws {
    let scores: [[Float]] = [[9, 8, 1, 1, 1], [9, 8, 1, 1, 1], [1, 1, 9, 9, 1], [1, 1, 1, 1, 9]]
    let one = try report(scores, unknown: [4])
    #expect(one.unknownCaptions == 1)
    #expect(one.textToImage.recallAt10 == 0.8 && one.imageToText.recallAt10 == 0.75)
    #expect(one.textToImage.probes == 5 && one.imageToText.probes == 4)
    let all = try report(scores, unknown: Set(0..<5))
    #expect(all.textToImage.recallAt10 == 0 && all.imageToText.recallAt10 == 0)
    #expect(all.textToImage.medianRank == 4 && all.imageToText.medianRank == 6)
    #expect(try report(scores).unknownCaptions == nil)
  }

  @Test("pictures of equal pixels are one answer, and each of their captions is right for both")
  func equal() throws {
    let report = try report([[9, 8, 1, 1, 1], [9, 8, 1, 1, 1], [1, 1, 9, 9, 1], [1, 1, 1, 1, 9]])
    #expect(report.pictures == 3 && report.captions == 5)
    #expect(report.textToImage.recallAt1 == 1 && report.imageToText.recallAt1 == 1)
    #expect(report.textToImage.medianRank == 1)
  }

  @Test("a rank is one more than the wrong answers before the first right one")
  func ranks() throws {
    // Caption "five" is nearer to c and a than to d; picture d is nearest to three wrong captions.
    let report = try report([[9, 8, 1, 1, 5], [9, 8, 1, 1, 5], [1, 1, 9, 9, 6], [7, 6, 1, 8, 4]])
    #expect(report.textToImage.recallAt1 == 0.8)
    #expect(report.textToImage.recallAt5 == 1)
    #expect(report.imageToText.recallAt1 == 0.75)
    #expect(report.imageToText.recallAt5 == 1)
  }

  @Test("embeddings that are all alike, or no numbers, are not right by chance")
  func degenerate() throws {
    let alike = try report([[Float]](repeating: [1, 1, 1, 1, 1], count: 4))
    #expect(alike.textToImage.recallAt1 == 0 && alike.imageToText.recallAt1 == 0)
    #expect(alike.textToImage.medianRank == 2)
    let none = try report([[Float]](repeating: [.nan, .nan, .nan, .nan, .nan], count: 4))
    #expect(none.textToImage.recallAt1 == 0 && none.imageToText.recallAt1 == 0)
  }

  @Test("the report's keys are the contract's")
  func keys() throws {
    let report = try report([[9, 8, 1, 1, 1], [9, 8, 1, 1, 1], [1, 1, 9, 9, 1], [1, 1, 1, 1, 9]])
    let json = try #require(
      try JSONSerialization.jsonObject(with: JSONEncoder().encode(report)) as? [String: Any])
    for direction in ["text_to_image", "image_to_text"] {
      let figures = try #require(json[direction] as? [String: Double])
      #expect(Set(figures.keys) == ["recall_at_1", "recall_at_5", "recall_at_10", "median_rank", "probes"])
    }
  }
}
