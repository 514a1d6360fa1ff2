import Foundation
import GRDB
import Likeness
import Testing

@Suite struct EnrollTests {
  @Test("what is enrolled is found, in this process and after opening again")
  func enrolledIsFound() throws {
    let scratch = try Scratch()
    let id = try {
      let gallery = try makeGallery(scratch.path(), 2)
      let id = try gallery.enroll([1, 2], as: "Ada", source: "a.jpg", quality: 0.5, attributes: ["left": true])
      #expect(try gallery.query(.vector([1, 2])).candidates.first?.embedding == id)
      try gallery.close()
      return id
    }()
    let gallery = try Gallery(path: scratch.path())
    let candidate = try #require(try gallery.query(.vector([1, 2])).candidates.first)
    #expect(candidate == Candidate(identity: "Ada", distance: 0, embedding: id, source: "a.jpg"))
    let embedding = try #require(try gallery.embeddings(of: "Ada").first)
    #expect(embedding.quality == 0.5)
    #expect(embedding.attributes == ["left": true])
    #expect(embedding.embedder == "numbers")
    #expect(try gallery.vector(of: id) == [1, 2])
  }

  @Test("a batch is stored whole or not at all, whichever row is at fault", arguments: [0, 7, 19])
  func allOrNothing(bad: Int) throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 2)
    try gallery.enroll([9, 9], as: "before")
    var rows = (0..<20).map { Enrollment(identity: "person \($0)", vector: [Float($0), 1]) }
    rows[bad].vector = [1, .nan]
    let error = try #require(throws: GalleryError.self) { try gallery.enroll(rows) }
    #expect(error.description.contains("vector \(bad + 1) of 20, for \"person \(bad)\", has the value nan at 1"))
    #expect(try gallery.identities().map(\.name) == ["before"])
    #expect(try gallery.query(.vector([0, 1])).gallerySize == .init(identities: 1, embeddings: 1))
    rows[bad].vector = [1, 1]
    #expect(try gallery.enroll(rows).count == 20)
    #expect(try gallery.query(.vector([0, 1])).gallerySize == .init(identities: 21, embeddings: 21))
  }

  @Test("a vector that no answer could use stops at the door, with a sentence")
  func vectorsAtTheDoor() throws {
    let scratch = try Scratch()
    let euclidean = try makeGallery(scratch.path("e"), 3)
    let cosine = try makeGallery(scratch.path("c"), 3, .cosine)
    func refusal(_ gallery: Gallery, _ vector: [Float]) throws -> String {
      let error = try #require(throws: GalleryError.self) { try gallery.enroll(vector, as: "Ada") }
      let asProbe = try #require(throws: GalleryError.self) { try gallery.query(.vector(vector)) }
      #expect(asProbe.description.hasPrefix("the probe has "))
      return error.description
    }
    #expect(
      try refusal(euclidean, [1, 2])
        == "the vector for \"Ada\" has 2 values, the embedder \"numbers\" makes 3: embed it with \"numbers\"")
    #expect(try refusal(euclidean, []).contains("has 0 values"))
    #expect(try refusal(euclidean, [1, .nan, 0]).contains("has the value nan at 1"))
    #expect(try refusal(euclidean, [1, 0, -.infinity]).contains("has the value -inf at 2"))
    #expect(try refusal(euclidean, [3e38, 0, 0]).contains("beyond what float32 distances can hold"))
    #expect(try refusal(cosine, [0, 0, -0.0]).contains("has length zero"))
    #expect(try euclidean.info().embeddings == 0)
    #expect(try cosine.info().identities == 0)
    // At the edges of what is allowed, distances are still numbers.
    try euclidean.enroll([6e18, 0, 0], as: "far")
    #expect(try euclidean.query(.vector([-6e18, 0, 0])).candidates[0].distance == 1.2e19)
    try cosine.enroll([Float(bitPattern: 71_362), 0, 0], as: "short")
    #expect(try cosine.query(.vector([3e38, 0, 0])).candidates[0].distance == 0)
  }

  @Test("without an embedder nothing is stored and nothing compared")
  func noEmbedder() throws {
    let scratch = try Scratch()
    let gallery = try Gallery(path: scratch.path())
    #expect(throws: GalleryError.noEmbedder(path: scratch.path())) { try gallery.enroll([1], as: "Ada") }
    let sentence = GalleryError.noEmbedder(path: "x").description
    #expect(sentence.contains("register") && sentence.contains("--model MODEL") && sentence.contains("--embedder NAME"))
    #expect(throws: GalleryError.noEmbedder(path: scratch.path())) { try gallery.query(.vector([1])) }
    #expect(try gallery.info().embedder == nil)
  }

  @Test("arguments that no row can hold are refused")
  func arguments() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 1)
    #expect(throws: GalleryError.self) { try gallery.enroll([1], as: "Ada", quality: .nan) }
    #expect(throws: GalleryError.self) { try gallery.enroll([1], as: "Ada", sourceSHA256: "ABC") }
    #expect(throws: GalleryError.self) { try gallery.enroll([1], as: "Ada", attributes: ["x": .number(.infinity)]) }
    #expect(throws: GalleryError.self) { try gallery.query(.vector([1]), k: 0) }
    #expect(throws: GalleryError.self) { try gallery.query(.vector([1]), maxDistance: .nan) }
    #expect(throws: GalleryError.unknownEmbedding(EmbeddingID(5))) { try gallery.query(.embedding(EmbeddingID(5))) }
    #expect(throws: GalleryError.unknownEmbedding(EmbeddingID(5))) { try gallery.remove(embedding: EmbeddingID(5)) }
    #expect(try gallery.info().identities == 0)
    #expect(try gallery.enroll([]).isEmpty)
  }

  @Test("an id never names a second embedding, also after the first is gone")
  func idsAreNotReused() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 1)
    let first = try gallery.enroll([1], as: "Ada")
    try gallery.remove(embedding: first)
    #expect(try gallery.enroll([1], as: "Ada") > first)
  }

  @Test("what a vector holds is in the file as little-endian float32 and nothing else")
  func bytes() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 3)
    try gallery.enroll([1, -2.5, Float(bitPattern: 71_362)], as: "Ada")
    let stored = try otherHand(scratch.path()).read { db in try Data.fetchOne(db, sql: "SELECT vector FROM embedding") }
    let expected = [Float(1), -2.5, Float(bitPattern: 71_362)].flatMap { value in
      (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> ($0 * 8)) }
    }
    #expect(stored.map(Array.init) == expected)
  }
}
