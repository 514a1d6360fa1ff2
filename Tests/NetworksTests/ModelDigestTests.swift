import Foundation
import Networks
import Testing

@Suite("The digest of a model file")
struct ModelDigestTests {
  @Test("a bit that flips anywhere in a model file is noticed: it is refused, or the model is the one that was written")
  func flipped() throws {
    let model = try EmbeddingModelTests.model()
    let sound = try model.encoded()
    var refused = 0
    for place in sound.indices {
      var damaged = sound
      damaged[place] ^= 1 << UInt8(place % 8)
      do {
        let other = try EmbeddingModel(damaged)
        // Where the digest's own name was hit, it is a file without one.
        #expect(other.members == model.members && other.views == model.views, "byte \(place)")
      } catch let error as ModelFileError {
        #expect(!error.description.isEmpty)
        refused += 1
      }
    }
    #expect(refused >= sound.count - 6)
    var damaged = sound
    damaged[damaged.count - 3] ^= 1
    let error = #expect(throws: ModelFileError.self) { try EmbeddingModel(damaged) }
    #expect(error?.description.contains("SHA-256") == true && error?.description.contains("sound copy") == true)
  }

  @Test("a file without a digest, of before or of another program, is read as it is")
  func without() throws {
    let model = try EmbeddingModelTests.model()
    let old = try SafeTensors(model.encoded()).encoded(isSealed: false)
    #expect(!String(decoding: old, as: UTF8.self).contains("sha256"))
    let read = try EmbeddingModel(old)
    #expect(read.members == model.members && read.metadata == model.metadata)
    #expect(try read.encoded() == model.encoded(), "written again it has one")
  }

  @Test("the digest is the SHA-256 of the file with zeros in its place, and nothing that a reader sees")
  func definition() throws {
    let file = SafeTensors(tensors: ["a": Tensor(shape: [2], values: [1, 2])], metadata: ["who": "ada"])
    #expect(try SafeTensors(file.encoded()).metadata == ["who": "ada"])
    #expect(try SafeTensors.metadata(of: file.encoded()) == ["who": "ada"])
    #expect(throws: ModelFileError.self) {
      try SafeTensors(tensors: [:], metadata: ["sha256": "mine"]).encoded()
    }
  }

  @Test("metadata too long for the header are kept beside the tensors, whole, and covered as well")
  func long() throws {
    let card = "{\"é\":\"" + String(repeating: "0123456789abcdef", count: 300_000) + "\"}"
    let model = try EmbeddingModelTests.model()
    let large = try EmbeddingModel(members: model.members, metadata: ["card": card, "kind": "image"])
    let bytes = try large.encoded()
    #expect(bytes.count < card.utf8.count + 20_000)
    let read = try EmbeddingModel(bytes)
    #expect(read.metadata == ["card": card, "kind": "image"])
    #expect(try SafeTensors.metadata(of: bytes)["kind"] == "image", "what is short is found without reading all")
    var damaged = bytes
    damaged[damaged.count - 1_000] ^= 1
    #expect(throws: ModelFileError.self) { try EmbeddingModel(damaged) }
    // None of them too long, and together too long.
    let many = Dictionary(
      uniqueKeysWithValues: (0..<8).map { ("note \($0)", String(repeating: "\($0)", count: 1 << 17)) })
    let notes = try EmbeddingModel(members: model.members, metadata: many)
    #expect(try EmbeddingModel(notes.encoded()).metadata == many)
  }
}
