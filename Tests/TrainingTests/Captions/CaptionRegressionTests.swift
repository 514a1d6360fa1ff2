import Images
import LikenessTraining
import Networks
import Testing

@Suite("A regression added to a text tower")
struct CaptionRegressionTests {
  private static let side = 16

  private static func pictures() throws -> (data: CaptionedPictures, tower: EmbeddingModel.Member) {
    let preprocessing = try Preprocessing(
      colour: .rgb, width: side, height: side, normalization: .meanDeviation(mean: 0.75, deviation: 0.35))
    let drawn = try DrawnCaptions()
    let data = try withExtendedLifetime(drawn) {
      try CaptionedPictures(CaptionSheet(path: drawn.path), preprocessing: preprocessing)
    }
    let architecture = try Architecture(
      input: preprocessing.shape,
      layers: [
        .convolution(outputs: 8, kernel: 3, padding: 1), .relu, .flatten, .linear(outputs: 24), .l2Normalization,
      ])
    let network = try Network(architecture: architecture, seed: 5, workers: 1)
    return (data, .init(architecture: architecture, weights: network.weights))
  }

  private static func text(_ data: CaptionedPictures, layers: [LayerSpecification]) throws -> TextTower {
    let vocabulary = CaptionVocabulary(captions: data.captions)
    let network = try Network(architecture: Architecture(input: [10], layers: layers), seed: 6, workers: 1)
    return try TextTower(
      vocabulary: vocabulary,
      table: EmbeddingBag(rows: vocabulary.count, dimension: 10, deviation: 0.3, seed: 7).table,
      network: EmbeddingModel(architecture: network.architecture, weights: network.weights))
  }

  @Test("towers that know nothing find drawings by it, with the same table on one worker and on two")
  func finds() throws {
    let (data, tower) = try Self.pictures()
    let text = try Self.text(data, layers: [.linear(outputs: 24), .l2Normalization])
    let joined = try [1, 2].map {
      try CaptionRegression.joined(to: text, pictures: tower, data: data, workers: $0)
    }
    #expect(joined[0].table == joined[1].table && joined[0].table.shape == [text.vocabulary.count, 24])
    let reports = try [text, joined[0]].map {
      try CaptionModel(pictures: EmbeddingModel(members: [tower]), texts: [$0]).evaluate(on: data).textToImage
    }
    #expect(reports[0].recallAt1 < 0.2)
    #expect(reports[1].recallAt1 > 0.5)
  }

  @Test("a tower that is not linear in the words stays as it is")
  func nonlinear() throws {
    let (data, tower) = try Self.pictures()
    let text = try Self.text(data, layers: [.linear(outputs: 12), .relu, .linear(outputs: 24), .l2Normalization])
    let joined = try CaptionRegression.joined(to: text, pictures: tower, data: data, workers: 1)
    #expect(joined.table == text.table && joined.network.members == text.network.members)
  }
}
