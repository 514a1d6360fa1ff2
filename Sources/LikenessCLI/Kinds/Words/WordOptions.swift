import ArgumentParser

/// What a query can say where the gallery's model embeds words.
struct WordQueryOptions: ParsableArguments, KindOptions {
  static let kind = "word"

  @Option(
    help: ArgumentHelp(
      "Instead of a probe, a sentence with a gap, written ______: what could stand there?", valueName: "sentence"))
  var fill: String?

  @Option(help: ArgumentHelp("Words only: answer from the N most frequent words. Default: 30000.", valueName: "N"))
  var vocabularyLimit: Int?

  var given: [String] {
    (fill == nil ? [] : ["--fill"]) + (vocabularyLimit == nil ? [] : ["--vocabulary-limit"])
  }

  func validate() throws {
    if let vocabularyLimit, vocabularyLimit < 1 { throw ValidationError("--vocabulary-limit must be at least 1.") }
  }
}

/// What an evaluation can say where the model embeds words.
struct WordEvaluationOptions: ParsableArguments, KindOptions {
  static let kind = "word"

  @Flag(help: "Words only: the data are sentences, and each of their words in turn is left out and looked for.")
  var gaps = false

  @Option(
    help: ArgumentHelp("Words only: analogies among the N most frequent words. Default: 30000.", valueName: "N"))
  var vocabularyLimit: Int?

  var given: [String] { (gaps ? ["--gaps"] : []) + (vocabularyLimit == nil ? [] : ["--vocabulary-limit"]) }

  func validate() throws {
    if let vocabularyLimit, vocabularyLimit < 1 { throw ValidationError("--vocabulary-limit must be at least 1.") }
  }
}
