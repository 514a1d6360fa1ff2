import Foundation
import Likeness
import LikenessEmbedders
import LikenessTraining
import Networks
import Testing

@Suite("Embedders of words")
struct WordEmbedderTests {
  /// Four words on a circle and two more.
  private static func model() throws -> WordModel {
    let degrees: [(String, Double)] = [
      ("man", 0), ("woman", 40), ("king", 5), ("queen", 45), ("well", 200), ("don't", 250),
    ]
    let values = degrees.flatMap { _, angle in
      [Float(cos(angle * .pi / 180)), Float(sin(angle * .pi / 180)), 0.1]
    }
    return try WordModel(
      words: degrees.map(\.0), counts: [9, 8, 7, 6, 5, 4], vectors: Tensor(shape: [6, 3], values: values))
  }

  private static func corpus() throws -> String {
    let path = NSTemporaryDirectory() + "likeness-words-" + UUID().uuidString
    let lines = (0..<2_000).map { line in
      let (who, what) = [("cat", "fish"), ("dog", "bones"), ("horse", "hay"), ("bird", "seeds")][line % 4]
      return "the \(who) in \(["house", "garden", "street"][line % 3]) eats \(what) today"
    }
    try Data(lines.joined(separator: "\n").utf8).write(to: URL(fileURLWithPath: path))
    return path
  }

  @Test("train, enroll, ask a word, a sum and a sentence with a gap: the examples of the documentation")
  func line() throws {
    let text = try Self.corpus()
    defer { try? FileManager.default.removeItem(atPath: text) }
    var trainer = WordTrainer()
    trainer.settings.dimension = 8
    trainer.settings.subsample = 0
    var gaps = GapSettings()
    (gaps.dimension, gaps.hidden, gaps.subsample, gaps.drawn, gaps.batch, gaps.epochs) = (32, 64, 1, 16, 64, 12)
    trainer.gaps = gaps
    let trained = try trainer.train(path: text)
    let file = try trained.model.encoded()

    let embedder = try ModelFile(bytes: file, name: "words.model").makeEmbedder()
    #expect(embedder.specification.kind == "word")
    #expect(embedder.specification.metric == .cosine)
    let gallery = try Gallery(path: text + ".db", embedder: embedder)
    defer {
      for end in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: text + ".db" + end) }
    }
    try gallery.enroll(
      trained.model.words.indices.map {
        Enrollment(identity: trained.model.words[$0], vector: trained.model.vector($0))
      })
    let answer = try gallery.query(.input(.text("Cat")), k: 1)
    #expect(answer.candidates.map(\.identity) == ["cat"])
    #expect(answer.candidates[0].distance < 1e-5)
    try gallery.close()

    // Another program needs nothing but the gallery.
    let again = try Gallery(path: text + ".db")
    let stored = try #require(try again.storedEmbedder() as? WordEmbedder)
    let fitting = try stored.fill("The horse in garden eats ______ today", count: 2)
    #expect(fitting.first?.word == "hay")
    #expect(try #require(fitting.first).share > 0.5)
    #expect(try stored.fill("__ dog in house eats bones today", count: 1).first?.word == "the")
    try again.close()
  }

  @Test("a sum adds unit vectors, the signs between spaces")
  func sums() throws {
    let embedder = try WordEmbedder(model: Self.model().encoded())
    let model = embedder.model
    let sum = try embedder.embed(.text("king - man + woman"))
    let expected = (0..<3).map { model.vector(2)[$0] - model.vector(0)[$0] + model.vector(1)[$0] }
    #expect(zip(sum, expected).allSatisfy { abs($0 - $1) < 1e-6 })
    #expect(try embedder.embed(.text("king -man +woman")) == sum)
    #expect(try embedder.embed(.text("\"King\" − man + ‘woman’")) == sum)
    #expect(try embedder.embed(.text("queen")) == model.vector(3))
    #expect(try embedder.embed(.text("don\u{2019}t")) == model.vector(5))
    #expect(model.nearest([sum], excluding: [[0, 1, 2]], limit: 6) == [3])
  }

  @Test("words without a sign between them are the phrase of the vocabulary, in sums and in sentences with a gap")
  func phrases() throws {
    let text = NSTemporaryDirectory() + "likeness-phrases-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: text) }
    var random = SeededRandom(seed: 4)
    let names = "abcdefghijklmnopqrstuvwxyz".map { "filler\($0)" }
    func fillers() -> String { (0..<4).map { _ in names[random.integer(below: 26)] }.joined(separator: " ") }
    let lines = (0..<4_000).map { line in
      let middle = line % 20 == 0 ? "lor wen eats fish" : line % 5 == 1 ? "cat eats hay" : ""
      return "\(fillers()) \(middle) \(fillers())"
    }
    try Data(lines.joined(separator: "\n").utf8).write(to: URL(fileURLWithPath: text))
    var trainer = WordTrainer()
    (trainer.phrases, trainer.settings.dimension, trainer.settings.subsample) = (true, 8, 0)
    (trainer.settings.isDeterministic, trainer.settings.epochs) = (true, 1)
    var gaps = GapSettings()
    (gaps.dimension, gaps.hidden, gaps.subsample, gaps.drawn, gaps.batch, gaps.epochs) = (32, 64, 1, 16, 64, 12)
    trainer.gaps = gaps
    let embedder = try WordEmbedder(model: trainer.train(path: text).model.encoded())
    let model = embedder.model
    let phrase = try #require(model.number(of: "lor_wen"))
    #expect(model.number(of: "lor") == nil && model.number(of: "wen") == nil)

    #expect(try embedder.embed(.text("Lor wen")) == model.vector(phrase))
    #expect(try embedder.numbers(of: WordExpression("cat - \"lor wen\" + hay")).contains(phrase))
    let difference = try embedder.embed(.text("cat - lor wen"))
    let cat = try #require(model.vector(of: "cat"))
    #expect(zip(difference, zip(cat, model.vector(phrase))).allSatisfy { abs($0 - ($1.0 - $1.1)) < 1e-6 })
    // A sign keeps them apart.
    #expect(throws: EmbedderError.self) { try embedder.embed(.text("lor + wen")) }

    // Hay is eaten four times as often; the phrase alone tells that it is fish.
    for (who, what) in [("lor wen", "fish"), ("Lor Wen", "fish"), ("cat", "hay")] {
      let sentence = "\(fillers()) \(who) eats ______ \(fillers())"
      #expect(try embedder.fill(sentence, count: 1).first?.word == what, "\(sentence)")
    }
  }

  @Test("what is no word or no sum is refused with a sentence and a way out")
  func refused() throws {
    let embedder = try WordEmbedder(model: Self.model().encoded())
    func reason(_ text: String) -> String {
      (#expect(throws: EmbedderError.self) { try embedder.embed(.text(text)) })?.reason ?? ""
    }
    #expect(reason("kign").contains("did you mean \"king\"?"))
    #expect(reason("quean - man").contains("did you mean \"queen\"?"))
    #expect(reason("xylophone").contains("6 words"))
    #expect(reason("well-known").contains("not among"))
    #expect(reason("king-man+woman").contains("a sum is written with spaces"))
    #expect(reason("king -").contains("ends with a sign"))
    #expect(reason("king + - man").contains("two signs"))
    #expect(reason("  ").contains("no words"))
    #expect(reason("\"\"").contains("without a word"))
    #expect(reason("king - king").contains("adds up to nothing"))
    #expect(throws: EmbedderError.self) { try embedder.embed(.file(path: "a.jpg")) }
    #expect(throws: EmbedderError.self) { try embedder.fill("no ______ here", count: 1) }
  }

  @Test("a model of one kind is not taken for one of another, and damage is named")
  func kinds() throws {
    let bytes = try Self.model().encoded()
    #expect(throws: ModelError.self) { try ImageEmbedder(model: bytes) }
    for broken in [Data(), bytes.prefix(20), bytes.prefix(bytes.count - 3)] {
      #expect(throws: ModelError.self) { try ModelFile(bytes: broken, name: "w").makeEmbedder() }
    }
    let error = #expect(throws: ModelError.self) { try ModelFile(path: "/no/such.model") }
    #expect(error?.description.contains("/no/such.model") == true)
  }

  @Test("words that stand twice, or have no direction, make no model")
  func unsound() {
    for (words, values) in [(["a", "a"], [Float](repeating: 1, count: 4)), (["a", "b"], [1, 0, 0, 0])] {
      #expect(throws: ModelFileError.self) {
        try WordModel(words: words, counts: [1, 1], vectors: Tensor(shape: [2, 2], values: values))
      }
    }
  }
}
