import Foundation
import Networks
import Testing

@Suite("Embedding models")
struct EmbeddingModelTests {
  static func model(mirrorMean: Bool = true) throws -> EmbeddingModel {
    let architecture = try Architecture(
      input: [1, 9, 8],
      layers: [
        .convolution(outputs: 4, kernel: 3, padding: 1, bias: false), .batchNormalization, .relu,
        .maxPooling(size: 2), .flatten, .linear(outputs: 5), .l2Normalization,
      ])
    let network = try Network(architecture: architecture, seed: 3)
    return try EmbeddingModel(
      architecture: architecture, weights: network.weights, metadata: ["card": "a \"test\" ☂", "size": "9 x 8"],
      mirrorMean: mirrorMean)
  }

  @Test("a model survives its file, to the bit")
  func roundTrip() throws {
    let model = try Self.model()
    let data = try model.encoded()
    let copy = try EmbeddingModel(data)
    #expect(copy.members == model.members)
    #expect(copy.metadata == model.metadata)
    #expect(copy.views == model.views)
    #expect(try copy.encoded() == data)
    #expect(try Self.model(mirrorMean: false).encoded() != data)
    var random = SeededRandom(seed: 1)
    let batch = random.tensor([3, 1, 9, 8])
    #expect(try copy.embed(batch) == model.embed(batch))

    let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    let path = directory.appendingPathComponent("model.safetensors").path
    try data.write(to: URL(fileURLWithPath: path))
    #expect(try EmbeddingModel(contentsOf: path).members == model.members)
    let error = #expect(throws: ModelFileError.self) { try EmbeddingModel(contentsOf: path + ".missing") }
    #expect(error?.description.contains(path) == true)
  }

  @Test("the mirror mean is the normalised mean of the picture's embedding and its mirror image's")
  func mirrorMean() throws {
    let (plain, mirrored) = (try Self.model(mirrorMean: false), try Self.model())
    var random = SeededRandom(seed: 1)
    let picture = random.tensor([1, 1, 9, 8])
    var mirror = picture
    mirror.withUnsafeMutableBufferPointer { pixels in
      for row in 0..<9 { pixels[row * 8..<(row + 1) * 8].reverse() }
    }
    let (a, b) = (try plain.embed(picture).values, try plain.embed(mirror).values)
    let mean = zip(a, b).map { ($0 + $1) / 2 }
    let norm = mean.reduce(0) { $0 + $1 * $1 }.squareRoot()
    let result = try mirrored.embed(picture).values
    #expect(zip(result, mean).allSatisfy { abs($0 - $1 / norm) < 1e-6 })
    #expect(try zip(result, mirrored.embed(mirror).values).allSatisfy { abs($0 - $1) < 1e-6 })
    #expect(a != b)
  }

  @Test("what is not an embedder is refused")
  func refusals() throws {
    let sound = try Self.model()
    let picture = try Architecture(input: [1, 4, 4], layers: [.relu])
    #expect(throws: NetworkError.self) { try EmbeddingModel(architecture: picture, weights: [:]) }
    let vector = try Architecture(input: [4], layers: [.l2Normalization])
    #expect(throws: NetworkError.self) { try EmbeddingModel(architecture: vector, weights: [:], mirrorMean: true) }
    #expect(throws: NetworkError.self) {
      try EmbeddingModel(architecture: vector, weights: [:], metadata: ["likeness.format": "mine"])
    }
    #expect(throws: NetworkError.self) {
      let key = String(repeating: "x", count: 1 << 19)
      return try EmbeddingModel(architecture: vector, weights: [:], metadata: [key: ""])
    }
    #expect(throws: NetworkError.self) { try EmbeddingModel(architecture: sound.members[0].architecture, weights: [:]) }
    #expect(throws: NetworkError.self) { try sound.embed(Tensor(shape: [1, 1, 8, 9])) }
    #expect(throws: NetworkError.self) { try sound.embed(Tensor(shape: [])) }
  }
}
