import Foundation
import Likeness
import Testing

@Suite struct ExampleTests {
  @Test("the example of the documentation works as it is written")
  func example() throws {
    let scratch = try Scratch()
    let gallery = try Gallery(path: scratch.path())
    try gallery.register(EmbedderSpecification(name: "faces", kind: "image", dimension: 3, metric: .euclidean))
    try gallery.enroll([0.9, 0.1, 0.0], as: "Ada", source: "ada-1.jpg")
    try gallery.enroll([0.0, 0.2, 0.8], as: "Grace", source: "grace-1.jpg")

    let answer = try gallery.query(.vector([0.8, 0.2, 0.1]), k: 1)
    #expect(answer.candidates[0].identity == "Ada")
    #expect("\(answer.candidates[0].distance)" == "0.17320506")
  }

  @Test("an answer encodes as the command prints it, with null for what is not there")
  func encoding() throws {
    let answer = Answer(
      candidates: [Candidate(identity: "Ada", distance: 0.5, embedding: EmbeddingID(7))], foundBy: .exact,
      gallerySize: .init(identities: 1, embeddings: 2), embedder: "faces")
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let text = String(decoding: try encoder.encode(answer), as: UTF8.self)
    #expect(
      text == """
        {"candidates":[{"distance":0.5,"embedding":7,"identity":"Ada","source":null}],"decision":null,\
        "embedder":"faces","found_by":"exact","gallery_size":{"embeddings":2,"identities":1},"note":null}
        """)
    #expect(try JSONDecoder().decode(Answer.self, from: Data(text.utf8)) == answer)
  }
}
