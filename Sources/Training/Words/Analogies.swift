import Foundation
import Networks

/// Questions "a is to b as c is to which word?", in the format of Google's questions-words.
public struct Analogies: Sendable {
  /// Questions under one heading.
  public struct Section: Sendable, Hashable {
    /// The heading.
    public var name: String
    /// Four words each: a, b, c and the answer.
    public var questions: [[String]]
  }

  /// How many questions a model answers.
  public struct Report: Sendable, Hashable, Codable {
    /// One section's.
    public struct Section: Sendable, Hashable, Codable {
      /// The share of answered questions that were answered rightly; 0 where none was answered.
      public var accuracy: Double
      /// Questions whose four words are among the most frequent.
      public var answered: Int
      /// Questions in the file.
      public var asked: Int
    }

    /// The share of answered questions that were answered rightly.
    public var accuracy: Double
    /// Questions whose four words are among the most frequent.
    public var answered: Int
    /// Questions in the file.
    public var asked: Int
    /// Only the so many most frequent words are asked about, and are answers.
    public var vocabularyLimit: Int
    /// By heading.
    public var sections: [String: Section]

    enum CodingKeys: String, CodingKey {
      case accuracy, answered, asked, sections
      case vocabularyLimit = "vocabulary_limit"
    }
  }

  /// The sections in the file's order.
  public let sections: [Section]

  /// Reads a file's text.
  ///
  /// - Throws: ``WordEvaluation/FileError`` naming the first line that is no question.
  public init(_ text: String) throws {
    var sections: [Section] = []
    for line in WordEvaluation.lines(of: text) {
      if line.text.hasPrefix(":") {
        sections.append(Section(name: line.text.dropFirst().trimmingCharacters(in: .whitespaces), questions: []))
        continue
      }
      // Between tabs a word may be several: a phrase.
      let fields = WordEvaluation.fields(line.text)
      let words = fields.count == 4 ? fields : line.text.split(whereSeparator: \.isWhitespace).map(String.init)
      guard words.count == 4 else {
        throw WordEvaluation.FileError(
          description: "line \(line.number) has \(words.count) words: a question has four")
      }
      if sections.isEmpty { sections.append(Section(name: "questions", questions: [])) }
      sections[sections.count - 1].questions.append(words)
    }
    guard sections.contains(where: { !$0.questions.isEmpty }) else {
      throw WordEvaluation.FileError(description: "there are no questions: write four words a line")
    }
    self.sections = sections
  }

  /// Measures a model by 3CosAdd, the question's own words excluded (Mikolov, Yih & Zweig 2013).
  ///
  /// - Throws: ``WordEvaluation/FileError`` where the model can answer none.
  public func evaluate(_ model: WordModel, vocabularyLimit: Int = 30_000) throws -> Report {
    var results: [String: Report.Section] = [:]
    for section in sections {
      let known = section.questions.compactMap { words -> [Int]? in
        let numbers = words.compactMap { model.number(ofTerm: $0) }.filter { $0 < vocabularyLimit }
        return numbers.count == 4 ? numbers : nil
      }
      let queries = known.map { question in
        let (a, b, c) = (model.vector(question[0]), model.vector(question[1]), model.vector(question[2]))
        return a.indices.map { b[$0] - a[$0] + c[$0] }
      }
      let answers = model.nearest(queries, excluding: known.map { Array($0[..<3]) }, limit: vocabularyLimit)
      let right = zip(answers, known).count { $0 == $1[3] }
      // Two sections of one name are one.
      let before = results[section.name] ?? .init(accuracy: 0, answered: 0, asked: 0)
      let answered = before.answered + known.count
      let rightBefore = (before.accuracy * Double(before.answered)).rounded()
      results[section.name] = .init(
        accuracy: answered == 0 ? 0 : (rightBefore + Double(right)) / Double(answered), answered: answered,
        asked: before.asked + section.questions.count)
    }
    let answered = results.values.reduce(0) { $0 + $1.answered }
    let asked = results.values.reduce(0) { $0 + $1.asked }
    guard answered > 0 else {
      throw WordEvaluation.FileError(
        description: "the model's \(min(vocabularyLimit, model.words.count)) most frequent words answer none of the "
          + "\(asked) questions: train on more text, or raise --vocabulary-limit")
    }
    let right = results.values.reduce(0) { $0 + ($1.accuracy * Double($1.answered)).rounded() }
    return Report(
      accuracy: right / Double(answered), answered: answered, asked: asked, vocabularyLimit: vocabularyLimit,
      sections: results)
  }
}
