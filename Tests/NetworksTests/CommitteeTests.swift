import Foundation
import Networks
import Testing

@Suite("Committees and views")
struct CommitteeTests {
  private static let architecture = Result {
    try Architecture(
      input: [1, 9, 8],
      layers: [
        .convolution(outputs: 4, kernel: 3, padding: 1, bias: false), .batchNormalization, .relu, .flatten,
        .linear(outputs: 5), .l2Normalization,
      ])
  }

  private static func weights(_ seed: UInt64) throws -> [String: Tensor] {
    try Network(architecture: architecture.get(), seed: seed).weights
  }

  private static func model(_ seeds: [UInt64], views: [View] = [.straight]) throws -> EmbeddingModel {
    try EmbeddingModel(
      members: seeds.map { try EmbeddingModel.Member(architecture: architecture.get(), weights: weights($0)) },
      views: views)
  }

  @Test("a committee's embedding is its networks' embeddings, joined and scaled to length 1")
  func joined() throws {
    var random = SeededRandom(seed: 2)
    let batch = random.tensor([3, 1, 9, 8])
    let committee = try Self.model([1, 2])
    let alone = try [1, 2].map { try Self.model([$0]).embed(batch).values }
    let joined = try committee.embed(batch)
    #expect(joined.shape == [3, 10])
    for image in 0..<3 {
      for (member, values) in alone.enumerated() {
        for i in 0..<5 {
          let expected = values[image * 5 + i] / Float(2).squareRoot()
          #expect(abs(joined.values[image * 10 + member * 5 + i] - expected) < 1e-6)
        }
      }
    }
  }

  @Test("distances between committee embeddings are the root mean square of its networks' distances")
  func distances() throws {
    var random = SeededRandom(seed: 3)
    let batch = random.tensor([2, 1, 9, 8])
    func distance(_ model: EmbeddingModel) throws -> Float {
      let values = try model.embed(batch).values
      let size = model.dimension
      return (0..<size).reduce(0) { $0 + (values[$1] - values[size + $1]) * (values[$1] - values[size + $1]) }
    }
    let parts = try [4, 5, 6].map { try distance(Self.model([$0])) }
    #expect(abs(try distance(Self.model([4, 5, 6])) - parts.reduce(0, +) / 3) < 1e-5)
  }

  @Test("a committee survives its file, to the bit, and a file that names networks it has not is refused")
  func roundTrip() throws {
    let committee = try Self.model([1, 2, 3], views: [.straight, View(magnification: 1.1, x: 0.1, isMirrored: true)])
    let data = try committee.encoded()
    let copy = try EmbeddingModel(data)
    #expect(copy.members == committee.members)
    #expect(copy.views == committee.views)
    #expect(try copy.encoded() == data)
    for (old, new) in [
      ("\"1.0.weight\"", "\"9.0.weight\""), ("\"1.0.weight\"", "\"x.0.weight\""), ("\"1.0.weight\"", "\"0.0.weight\""),
      ("\\\"magnification\\\":1.1", "\\\"magnification\\\":0.0"),
    ] {
      let changed = try Self.replacing(old, by: new, in: data)
      #expect(throws: ModelFileError.self, "\(new)") { try EmbeddingModel(changed) }
    }
  }

  private static func replacing(_ old: String, by new: String, in data: Data) throws -> Data {
    let range = try #require(data.range(of: Data(old.utf8)), "the header has no \(old)")
    try #require(old.utf8.count == new.utf8.count)
    var copy = data
    copy.replaceSubrange(range, with: Data(new.utf8))
    return copy
  }

  @Test("a view that moves by whole pixels sees the picture shifted, its edge repeated")
  func moved() throws {
    var picture = Tensor(shape: [1, 1, 9, 8])
    var shifted = Tensor(shape: [1, 1, 9, 8])
    picture.withUnsafeMutableBufferPointer { pixels in
      shifted.withUnsafeMutableBufferPointer { target in
        for row in 0..<9 {
          for column in 0..<8 {
            pixels[row * 8 + column] = Float((row * 5 + column * 3) % 11)
          }
        }
        for row in 0..<9 {
          for column in 0..<8 { target[row * 8 + column] = pixels[row * 8 + max(0, column - 2)] }
        }
      }
    }
    let looking = try Self.model([1], views: [View(x: 0.25)]).embed(picture).values
    let expected = try Self.model([1]).embed(shifted).values
    #expect(zip(looking, expected).allSatisfy { abs($0 - $1) < 1e-6 })
  }

  @Test("views that leave the picture, no views, and no networks are refused")
  func refused() throws {
    for views in [[], [View(magnification: 0)], [View(x: 2)], [View(y: .nan)]] {
      #expect(throws: NetworkError.self) { try Self.model([1], views: views) }
    }
    #expect(throws: NetworkError.self) { try Self.model([]) }
  }

  @Test("the embedding of a picture does not depend on workers or on the batch it came in")
  func independent() throws {
    var random = SeededRandom(seed: 9)
    let batch = random.tensor([5, 1, 9, 8])
    let model = try Self.model([1, 2], views: [.straight, .mirrored, View(magnification: 0.9, y: 0.05)])
    let one = try model.embed(batch, workers: 1)
    #expect(try model.embed(batch, workers: 3) == one)
    let third = Tensor(shape: [1, 1, 9, 8], values: Array(batch.values[2 * 72..<3 * 72]))
    #expect(try model.embed(third).values == Array(one.values[2 * 10..<3 * 10]))
  }
}
