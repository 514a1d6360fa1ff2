import Images
import LikenessTraining
import Networks
import Testing

@Suite("Towers by canonical correlation")
struct CaptionCorrelationTests {
  private static let side = 16

  private static func pictures(_ drawn: DrawnCaptions) throws -> CaptionedPictures {
    let preprocessing = try Preprocessing(
      colour: .rgb, width: side, height: side, normalization: .meanDeviation(mean: 0.75, deviation: 0.35))
    return try CaptionedPictures(CaptionSheet(path: drawn.path), preprocessing: preprocessing)
  }

  /// Features that nobody trained.
  private static func trunk() throws -> EmbeddingModel.Member {
    let architecture = try Architecture(
      input: [3, side, side], layers: [.convolution(outputs: 8, kernel: 3, padding: 1), .relu, .flatten])
    return .init(architecture: architecture, weights: try Network(architecture: architecture, seed: 5).weights)
  }

  private static func model(_ data: CaptionedPictures, dimension: Int, workers: Int = 2) throws -> CaptionModel {
    let fitted = try CaptionCorrelation.towers(
      on: trunk(), vocabulary: CaptionVocabulary(captions: data.captions), data: data, dimension: dimension, seed: 3,
      workers: workers)
    let towers = try #require(fitted)
    return try CaptionModel(pictures: EmbeddingModel(members: [towers.pictures]), texts: [towers.text])
  }

  @Test("sentences find the drawings they describe by features that nobody trained, and new drawings of known words")
  func finds() throws {
    let data = try Self.pictures(DrawnCaptions())
    let unseen = ["red-ring", "green-cross", "blue-disc", "yellow-frame"]
    let isUnseen = data.names.map { name in unseen.contains { name.contains($0) } }
    let model = try Self.model(data.rows(data.names.indices.filter { !isUnseen[$0] }), dimension: 12)
    let known = try model.evaluate(on: data.rows(data.names.indices.filter { !isUnseen[$0] }))
    let others = try model.evaluate(on: data.rows(data.names.indices.filter { isUnseen[$0] }))
    #expect(known.textToImage.recallAt5 > 0.9 && known.imageToText.recallAt5 > 0.9)
    #expect(others.textToImage.recallAt1 > 0.7)
  }

  @Test("one worker and two make the same bytes")
  func determinism() throws {
    let data = try Self.pictures(DrawnCaptions())
    #expect(try Self.model(data, dimension: 12, workers: 1).encoded() == Self.model(data, dimension: 12).encoded())
  }

  @Test("values beyond what the concepts can tell are zero")
  func padding() throws {
    let data = try Self.pictures(DrawnCaptions(hands: 1))
    #expect(data.count == 20)
    let model = try Self.model(data, dimension: 32)
    let embeddings = try model.embed(["a red ring", "blue"]).values
    #expect(model.dimension == 32)
    for start in [0, 32] {
      #expect(embeddings[start..<start + 19].contains { $0 != 0 })
      #expect(embeddings[start + 19..<start + 32].allSatisfy { $0 == 0 })
    }
    let two = data.rows([0, 1])
    #expect(try Self.model(two, dimension: 4).evaluate(on: two).textToImage.recallAt1 == 1)
  }

  @Test("pictures that all look the same are refused with a sentence")
  func alike() throws {
    let drawn = try DrawnCaptions(hands: 1)
    try drawn.write(["hand0/red-disc.ppm\tone", "hand0/red-disc.ppm\ttwo", "hand0/../hand0/red-disc.ppm\tthree"])
    let data = try Self.pictures(drawn)
    #expect(throws: BaselineError.self) { try Self.model(data, dimension: 4) }
  }
}
