import Foundation
import LikenessTraining
import Networks
import Testing

@Suite("Measuring words")
struct WordEvaluationTests {
  /// Words on a circle: "a" at 0°, the others further round.
  private static func model(_ degrees: [String: Double]) throws -> WordModel {
    let words = degrees.keys.sorted()
    let values = words.flatMap { word -> [Float] in
      let angle = (degrees[word] ?? 0) * .pi / 180
      return [Float(cos(angle)), Float(sin(angle))]
    }
    return try WordModel(
      words: words, counts: words.map { _ in 1 }, vectors: Tensor(shape: [words.count, 2], values: values))
  }

  @Test("Spearman's correlation is that of the ranks, ties at their mean, unknown words passed over")
  func pairs() throws {
    let model = try Self.model(["a": 0, "b": 10, "c": 30, "d": 90])
    let text = "# pairs\nword 1\tword 2\tscore\na\tb\t9\nA\tc\t5\na\td\t1\na\tnobody\t3\n"
    let report = try WordPairs(text).evaluate(model)
    #expect(report.spearman == 1)
    #expect(report.pairs == 4)
    #expect(report.pairsUsed == 3)
    // Ranks 1, 2.5, 2.5 against 3, 2, 1: (−1·1 + ½·0 + ½·−1)/√(1.5·2).
    let tied = try WordPairs("a\td\t1\na\tc\t5\na\tb\t5").evaluate(model)
    #expect(abs(try #require(tied.spearman) - 1.5 / 3.0.squareRoot()) < 1e-12)
    #expect(report.notes == ["the first line is taken for a heading: word 1 word 2 score"])
    #expect(tied.notes == [])
    #expect(throws: WordEvaluation.FileError.self) { try WordPairs("a\tb\t1\nno pair") }
    #expect(throws: WordEvaluation.FileError.self) { try WordPairs("x\ty\t1\nx\tz\t2").evaluate(model) }
  }

  @Test(
    "a first line with a score that is no number is an error, not a heading", arguments: ["8,5", "7.5x", "nan", "1/2"])
  func heading(score: String) throws {
    let error = #expect(throws: WordEvaluation.FileError.self) { try WordPairs("a\tb\t\(score)\na\tc\t5\na\td\t1\n") }
    #expect(error?.description.contains("line 1") == true)
    // Nor is a line without a score one further down.
    #expect(throws: WordEvaluation.FileError.self) { try WordPairs("a\tb\t1\nword\tword\tscore\na\tc\t5\n") }
  }

  @Test("where all scores are the same there is no correlation, which is null and not 0")
  func noOrder() throws {
    let model = try Self.model(["a": 0, "b": 10, "c": 30])
    let report = try WordPairs("a\tb\t5\na\tc\t5\n").evaluate(model)
    #expect(report.spearman == nil && report.notes.count == 1)
    let json = try JSONEncoder().encode(report)
    #expect(String(decoding: json, as: UTF8.self).contains("\"spearman\":null"))
    #expect(try JSONDecoder().decode(WordPairs.Report.self, from: json) == report)
  }

  @Test("a mark of the encoding at a file's beginning is no part of its first word")
  func byteOrderMark() throws {
    let model = try Self.model(["a": 0, "b": 40, "c": 5, "d": 44])
    #expect(try WordPairs("\u{FEFF}a\tb\t1\na\tc\t2\n").evaluate(model).pairsUsed == 2)
    #expect(WordEvaluation.format(of: "\u{FEFF}: s\na b c d\n") == .analogies)
    #expect(try Analogies("\u{FEFF}a b c d\n").evaluate(model).answered == 1)
    #expect(try Analogies("\u{FEFF}: s\na b c d\n").evaluate(model).sections["s"]?.answered == 1)
  }

  @Test("an analogy's own words are no answers, and rare words neither")
  func analogies() throws {
    let model = try Self.model(["a": 0, "b": 40, "c": 5, "d": 44])
    let report = try Analogies(": one\na b c d\n: two\na b c nobody\n").evaluate(model)
    #expect(report.accuracy == 1)
    #expect(report.answered == 1)
    #expect(report.asked == 2)
    #expect(report.sections["two"]?.answered == 0)
    #expect(throws: WordEvaluation.FileError.self) {
      try Analogies("a b c d").evaluate(model, vocabularyLimit: 3)
    }
    #expect(throws: WordEvaluation.FileError.self) { try Analogies(": s\na b c") }
  }

  @Test("several words that are a phrase of the vocabulary are one word in pairs and analogies")
  func phrases() throws {
    let model = try Self.model(["a": 0, "new_york": 40, "c": 5, "x_y": 44, "york": 90])
    let pairs = try WordPairs("a\tNew York\t1\na\tc\t9\na\tnew-york\t2\na\tnew york city\t1\n").evaluate(model)
    #expect(pairs.pairsUsed == 3)
    #expect(try Analogies(": s\na New-York c x_y\n").evaluate(model).accuracy == 1)
    #expect(try Analogies(": s\na\tnew york\tc\tx y\n").evaluate(model).answered == 1)
    #expect(model.joined(["new", "york", "york", "new", "york"]) == ["new_york", "york", "new_york"])
    #expect(model.numbers(in: "New unknown York") == [model.number(of: "york")].compactMap { $0 })
  }

  @Test("a file's kind is seen in its first line")
  func format() {
    #expect(WordEvaluation.format(of: "# c\n: section\na b c d") == .analogies)
    #expect(WordEvaluation.format(of: "a\tb\t1") == .pairs)
    #expect(WordEvaluation.format(of: "The cat sat.") == .text)
    #expect(WordEvaluation.format(of: "") == .text)
  }

  @Test("reports have the keys that other programs read")
  func keys() throws {
    func keys(_ value: some Encodable) throws -> Set<String> {
      let object = try JSONSerialization.jsonObject(with: JSONEncoder().encode(value))
      return Set((object as? [String: Any] ?? [:]).keys)
    }
    let model = try Self.model(["a": 0, "b": 40, "c": 5, "d": 44])
    #expect(try keys(WordPairs("a\tb\t1\na\tc\t2").evaluate(model)) == ["spearman", "pairs", "pairs_used"])
    #expect(
      try keys(Analogies("a b c d").evaluate(model)) == [
        "accuracy", "answered", "asked", "vocabulary_limit", "sections",
      ])
  }
}
