import Foundation
import Networks
import Testing

@Suite("A model of captions")
struct CaptionModelTests {
  private static let captions = ["a red fish", "two green fishes", "Élan vital", "fishing boat"]

  private static func model(towers: Int = 2) throws -> CaptionModel {
    let picture = try Architecture(
      input: [3, 4, 4], layers: [.flatten, .linear(outputs: 6, bias: false), .l2Normalization])
    let text = try Architecture(input: [5], layers: [.linear(outputs: 6), .l2Normalization])
    var (members, texts): ([EmbeddingModel.Member], [TextTower]) = ([], [])
    for tower in 0..<towers {
      let vocabulary = CaptionVocabulary(captions: captions.prefix(2 + tower))
      let bag = EmbeddingBag(rows: vocabulary.count, dimension: 5, deviation: 1, seed: UInt64(tower))
      members.append(
        .init(architecture: picture, weights: try Network(architecture: picture, seed: UInt64(tower)).weights))
      texts.append(
        try TextTower(
          vocabulary: vocabulary, table: bag.table,
          network: EmbeddingModel(
            architecture: text, weights: try Network(architecture: text, seed: UInt64(9 + tower)).weights)))
    }
    return try CaptionModel(
      pictures: EmbeddingModel(members: members), texts: texts, metadata: ["kind": CaptionModel.kind, "card": "{}"])
  }

  @Test("case, accents and punctuation make no other words, and a word counts once")
  func words() {
    #expect(CaptionFeatures.words("  Élan, VITAL!—élan ") == ["elan", "vital", "elan"])
    #expect(CaptionFeatures.features("Cat, cat & dog").map(\.whole) == CaptionFeatures.features("cat dog").map(\.whole))
    #expect(CaptionFeatures.words("笑脸 🙂 №5") == ["笑脸", "no5"])
    #expect(CaptionFeatures.words("🙂 — !").isEmpty)
  }

  @Test("a word is known by its pieces where it was never seen whole, and a made-up one not at all")
  func pieces() {
    let vocabulary = CaptionVocabulary(captions: Self.captions)
    let seen = vocabulary.bag("fish").reduce(0) { $0 + $1.weight }
    let alike = vocabulary.bag("fishy").reduce(0) { $0 + $1.weight }
    #expect(seen > alike && alike > 0)
    #expect(vocabulary.bag("zzxqkw").isEmpty)
    #expect(vocabulary.bag("").isEmpty)
    #expect(vocabulary.bag("red fish").reduce(0) { $0 + $1.weight } <= 1.0001)
  }

  @Test("a file gives back the same model: the same bytes and the same embeddings", arguments: [1, 2])
  func roundTrip(towers: Int) throws {
    let model = try Self.model(towers: towers)
    let bytes = try model.encoded()
    let again = try CaptionModel(bytes)
    #expect(try again.encoded() == bytes)
    #expect(again.metadata == model.metadata)
    #expect(try again.embed(Self.captions) == model.embed(Self.captions))
    let picture = Tensor(shape: [1, 3, 4, 4], values: (0..<48).map { Float($0 % 7) })
    #expect(try again.embed(pictures: picture) == model.embed(pictures: picture))
  }

  @Test("pictures and sentences have length 1, however many towers there are", arguments: [1, 2])
  func length(towers: Int) throws {
    let model = try Self.model(towers: towers)
    let picture = Tensor(shape: [1, 3, 4, 4], values: (0..<48).map { Float($0 % 7) })
    for embedding in [try model.embed(["a red fish"]), try model.embed(pictures: picture)] {
      #expect(embedding.shape == [1, 6 * towers])
      #expect(abs(embedding.values.reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
    }
  }

  @Test("a damaged file is refused with a sentence, never with a crash")
  func damage() throws {
    let file = try SafeTensors(Self.model().encoded())
    func refused(_ change: (inout SafeTensors) -> Void) throws {
      var changed = file
      change(&changed)
      let bytes = try changed.encoded()
      #expect(throws: ModelFileError.self) { try CaptionModel(bytes) }
    }
    try refused { $0.tensors["text.0.features"] = nil }
    try refused { $0.tensors["text.0.rows"] = Tensor(shape: [1, 5]) }
    try refused { $0.tensors["text.1.features"]?.withUnsafeMutableBufferPointer { $0[0] = -1 } }
    try refused { $0.tensors["text.1.features"]?.withUnsafeMutableBufferPointer { $0.swapAt(0, 2) } }
    try refused { $0.tensors["text.0.rows"]?.withUnsafeMutableBufferPointer { $0[0] = .nan } }
    try refused { $0.metadata["likeness.towers"] = "1" }
    try refused { $0.metadata["likeness.towers"] = "99999999999999999999" }
    try refused { $0.metadata["likeness.format"] = "embedding model 1" }
    try refused { $0.metadata["pictures.likeness.architectures"] = "[]" }
    let bytes = try Self.model().encoded()
    for length in stride(from: 0, to: bytes.count, by: 97) {
      #expect(throws: ModelFileError.self) { try CaptionModel(bytes.prefix(length)) }
    }
  }
}
