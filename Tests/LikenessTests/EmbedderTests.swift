import Foundation
import Likeness
import Testing

/// An embedder that counts letters.
private struct Letters: Embedder {
  var specification: EmbedderSpecification
  var values = 26

  init(name: String = "letters", model: Data? = Data("abc".utf8), metric: Metric = .euclidean, values: Int = 26) {
    specification = EmbedderSpecification(
      name: name, kind: "word", dimension: 26, metric: metric, model: model, card: #"{"seed":1}"#)
    self.values = values
  }

  func embed(_ inputs: [EmbedderInput]) throws -> [[Float]] {
    try inputs.map { input in
      guard case .text(let text) = input else { throw EmbedderError(input: input, reason: "it is no word") }
      var counts = [Float](repeating: 0, count: values)
      for byte in text.utf8 where (97...122).contains(byte) { counts[Int(byte) - 97] += 1 }
      return counts
    }
  }
}

@Suite struct EmbedderTests {
  @Test("an embedder travels with its vectors: opened anywhere, the gallery gives back its model and card")
  func travels() throws {
    let scratch = try Scratch()
    let model = Data((0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
    do {
      let gallery = try Gallery(path: scratch.path(), embedder: Letters(model: model))
      try gallery.enroll(.text("hello"), as: "greeting")
      #expect(try gallery.query(.input(.text("hallo")), k: 1).candidates[0].identity == "greeting")
    }
    let stored = try #require(try Gallery(path: scratch.path()).embedder)
    #expect(stored == Letters(model: model).specification)
    #expect(try Gallery(path: scratch.path()).info().embedder?.modelBytes == 300_000)
  }

  @Test("another embedder is refused by name, with what differs")
  func otherEmbedder() throws {
    let scratch = try Scratch()
    let gallery = try Gallery(path: scratch.path(), embedder: Letters())
    try gallery.enroll(.text("hello"), as: "greeting")
    func refusal(_ embedder: Letters) throws -> String {
      let attached = try #require(throws: GalleryError.self) { try gallery.attach(embedder) }
      let registered = try #require(throws: GalleryError.self) { try gallery.register(embedder.specification) }
      #expect(attached == registered)
      #expect(throws: GalleryError.self) { try Gallery(path: scratch.path(), embedder: embedder) }
      return attached.description
    }
    #expect(
      try refusal(Letters(name: "words"))
        == "this gallery's vectors were made by the embedder \"letters\", not by \"words\" (another name): "
        + "use \"letters\", or enroll into another gallery")
    #expect(try refusal(Letters(model: Data("xyz".utf8))).contains("(another model: SHA-256 3608bca1e44e…"))
    #expect(try refusal(Letters(model: nil)).contains("SHA-256 none instead of ba7816bf8f01…"))
    #expect(try refusal(Letters(metric: .cosine)).contains("(the metric cosine instead of euclidean)"))
    var short = Letters()
    short.specification.dimension = 25
    #expect(try refusal(short).contains("(25 values a vector instead of 26)"))
    // The same one is welcome again, with another card too.
    var same = Letters()
    same.specification.card = "{}"
    try gallery.attach(same)
    #expect(try gallery.query(.input(.text("hello"))).candidates[0].distance == 0)
  }

  @Test("without its function a gallery says which embedder is missing, and still takes vectors")
  func notAttached() throws {
    let scratch = try Scratch()
    try Gallery(path: scratch.path(), embedder: Letters()).enroll(.text("hello"), as: "greeting")
    let gallery = try Gallery(path: scratch.path())
    #expect(throws: GalleryError.embedderNotAttached(name: "letters")) { try gallery.query(.input(.text("hello"))) }
    #expect(throws: GalleryError.embedderNotAttached(name: "letters")) { try gallery.enroll(.text("x"), as: "y") }
    #expect(try gallery.query(.vector([Float](repeating: 0, count: 26))).candidates.count == 1)
    let empty = try Gallery(path: scratch.path("empty"))
    #expect(throws: GalleryError.noEmbedder(path: scratch.path("empty"))) { try empty.query(.input(.text("x"))) }
  }

  @Test("an input that cannot be embedded, or comes out wrong, stores nothing")
  func badInput() throws {
    let scratch = try Scratch()
    let gallery = try Gallery(path: scratch.path(), embedder: Letters())
    #expect(throws: EmbedderError.self) { try gallery.enroll(.file(path: "x.jpg"), as: "x") }
    #expect(throws: EmbedderError.self) { try gallery.query(.input(.data(Data()))) }
    let wrong = try Gallery(path: scratch.path(), embedder: Letters(values: 30))
    let error = try #require(throws: EmbedderError.self) { try wrong.enroll(.text("hello"), as: "x") }
    #expect(error.description.contains("returned 30 values and says it makes 26"))
    #expect(try gallery.identities().isEmpty)
  }

  @Test("a specification that no gallery can hold is refused")
  func invalid() throws {
    let scratch = try Scratch()
    let gallery = try Gallery(path: scratch.path())
    var cases: [EmbedderSpecification] = []
    for dimension in [0, -1, 65_537, .max] { cases.append(specification(dimension)) }
    for card in ["", "[]", "{", "1"] {
      cases.append(EmbedderSpecification(name: "a", kind: "b", dimension: 1, metric: .dot, card: card))
    }
    cases.append(EmbedderSpecification(name: "a", kind: "", dimension: 1, metric: .dot))
    var unhashed = EmbedderSpecification(name: "a", kind: "b", dimension: 1, metric: .dot, model: Data([1]))
    unhashed.sha256 = nil
    cases.append(unhashed)
    unhashed.sha256 = "ABC"
    cases.append(unhashed)
    var stale = EmbedderSpecification(name: "a", kind: "b", dimension: 1, metric: .dot, model: Data([1, 2]))
    stale.model = Data([9])
    cases.append(stale)
    for kind in ["vec\0tor", "\0", " "] {
      cases.append(EmbedderSpecification(name: "a", kind: kind, dimension: 1, metric: .dot))
    }
    cases.append(EmbedderSpecification(name: "a\0b", kind: "b", dimension: 1, metric: .dot))
    for one in cases { #expect(throws: GalleryError.self) { try gallery.register(one) } }
    #expect(try gallery.embedder == nil)
    try gallery.register(specification(65_536))
    try gallery.enroll([Float](repeating: 1, count: 65_536), as: "wide")
    #expect(try gallery.query(.vector([Float](repeating: 1, count: 65_536))).candidates[0].distance == 0)
  }

  @Test("where another gallery was restored over an open one, what its own embedder makes is refused from then on")
  func changedUnderneath() throws {
    let scratch = try Scratch()
    let gallery = try Gallery(path: scratch.path(), embedder: Letters())
    try gallery.enroll(.text("hello"), as: "greeting")
    let other = try Gallery(path: scratch.path("other.gallery"), embedder: Letters(model: Data("xyz".utf8)))
    let id = try other.enroll(.text("goodbye"), as: "farewell")
    try other.close()
    try Gallery.restore(from: scratch.path("other.gallery"), to: scratch.path(), replacing: true)

    func refused(_ body: () throws -> Void) throws {
      guard case .otherEmbedder(_, _, let difference) = try #require(throws: GalleryError.self, performing: body) else {
        Issue.record("another error")
        return
      }
      #expect(difference.contains("another model"))
    }
    try refused { try gallery.enroll(.text("hello"), as: "greeting") }
    try refused { try gallery.enroll([Float](repeating: 1, count: 26), as: "greeting") }
    #expect(throws: BulkError.self) {
      try gallery.enroll(contentsOf: [Enrollment(identity: "x", vector: [Float](repeating: 1, count: 26))])
    }
    try refused { _ = try gallery.query(.input(.text("hello")), k: 1) }
    try refused { _ = try gallery.query([.input(.text("hello"))], k: 1) }
    // What the gallery has itself needs no embedder.
    #expect(try gallery.query(.embedding(id), k: 1).candidates.isEmpty)
    #expect(try gallery.identities().map(\.name) == ["farewell"])
    try gallery.attach(Letters(model: Data("xyz".utf8)))
    #expect(try gallery.query(.input(.text("goodbye")), k: 1).candidates.map(\.identity) == ["farewell"])
  }
}
