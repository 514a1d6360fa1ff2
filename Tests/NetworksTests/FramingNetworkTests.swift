import Foundation
import Networks
import Testing

@Suite("Framing: where a picture's usual part is")
struct FramingNetworkTests {
  /// A network that tells the same of every picture, in its units.
  private static func telling(_ values: [Float], input: [Int] = [1, 9, 8]) throws -> FramingNetwork {
    let architecture = try Architecture(input: input, layers: [.flatten, .linear(outputs: 3)])
    let count = input.reduce(1, *)
    return try FramingNetwork(
      .init(
        architecture: architecture,
        weights: [
          "1.weight": Tensor(shape: [3, count]), "1.bias": Tensor(shape: [3], values: values),
        ]))
  }

  private static func model(framing: FramingNetwork?) throws -> EmbeddingModel {
    let architecture = try Architecture(
      input: [1, 9, 8], layers: [.flatten, .linear(outputs: 5), .l2Normalization])
    return try EmbeddingModel(
      members: [1, 2].map {
        try .init(architecture: architecture, weights: Network(architecture: architecture, seed: $0).weights)
      }, views: [.straight, .mirrored], framing: framing)
  }

  @Test("it looks twice, the second time from where it was sent, and places follow each other")
  func looksTwice() throws {
    let units = FramingNetwork.units
    let framing = try Self.telling([-0.2 / units[0], 0, 0.1 / units[2]])
    var places: [FramingNetwork.Place] = []
    let found = framing.find { place in
      places.append(place)
      return [Float](repeating: 0, count: 72)
    }
    #expect(places.count == 2 && places[0] == .init())
    #expect(abs(places[1].logSize + 0.2) < 1e-6 && abs(places[1].y - 0.1) < 1e-6)
    #expect(abs(found.logSize + 0.4) < 1e-6 && abs(found.size - exp(-0.4)) < 1e-6)
    // The second tenth is one of what is shown by then.
    #expect(abs(found.y - (0.1 + 0.1 * exp(-0.2))) < 1e-6)
  }

  @Test("what a mirror image does not bear out does not count, and nobody is sent farther than was learned")
  func mirrorAndLimits() throws {
    let sideways = try Self.telling([0, 1, 0]).find { _ in [Float](repeating: 0, count: 72) }
    #expect(sideways == .init())
    let far = try Self.telling([-100, 0, 100]).find { _ in [Float](repeating: 0, count: 72) }
    #expect(far.logSize >= -1 && far.y <= 0.5)
  }

  @Test("a model with one survives its file, to the bit; a model without says nothing of it in its file")
  func roundTrip() throws {
    let framing = try Self.telling([0.1, 0.2, 0.3])
    let data = try Self.model(framing: framing).encoded()
    let copy = try EmbeddingModel(data)
    #expect(copy.framing?.network == framing.network)
    #expect(copy.members == (try Self.model(framing: nil)).members)
    #expect(try copy.encoded() == data)
    let plain = try Self.model(framing: nil).encoded()
    #expect(try EmbeddingModel(plain).framing == nil && EmbeddingModel(plain).encoded() == plain)
    #expect(plain.range(of: Data("framing".utf8)) == nil)
  }

  @Test("one that tells anything but a place, takes other inputs, or lacks weights is refused")
  func refused() throws {
    #expect(throws: NetworkError.self) {
      let architecture = try Architecture(input: [1, 9, 8], layers: [.flatten, .linear(outputs: 2)])
      _ = try FramingNetwork(
        .init(architecture: architecture, weights: Network(architecture: architecture, seed: 1).weights))
    }
    #expect(throws: NetworkError.self) { try Self.model(framing: Self.telling([0, 0, 0], input: [1, 8, 8])) }
    var data = try Self.model(framing: Self.telling([0, 0, 0])).encoded()
    let name = try #require(data.range(of: Data("\"framing.1.bias\"".utf8)))
    data.replaceSubrange(name, with: Data("\"framing.9.bias\"".utf8))
    #expect(throws: ModelFileError.self) { try EmbeddingModel(data) }
  }
}
