import Foundation
import LikenessTraining
import Networks
import Testing

@Suite("Reading text")
struct WordCorpusTests {
  @Test("words are runs of letters in lower case, with the apostrophes inside them")
  func tokens() {
    #expect(WordTokenizer.words(in: "The dog's well-known.") == ["the", "dog's", "well", "known"])
    #expect(
      WordTokenizer.words(in: "'Quoted' don\u{2019}t rock 'n' roll''s") == [
        "quoted", "don't", "rock", "n", "roll", "s",
      ])
    #expect(
      WordTokenizer.words(in: "ÄPFEL, naïve cafe\u{301} Ωmega 3x snake_case") == [
        "äpfel", "naïve", "cafe\u{301}", "ωmega", "x", "snake", "case",
      ])
    #expect(WordTokenizer.words(in: "12 34 -- ..") == [])
    #expect(WordTokenizer.words(in: String(repeating: "a", count: 65) + " b") == ["b"])
  }

  @Test("text cut anywhere, also inside a character, gives the same words")
  func pieces() {
    let text = Array("Größe naïve don\u{2019}t \u{1D400}x\nnext 日本".utf8)
    var whole: [String?] = []
    func read(cutAt cut: Int) -> [String?] {
      var (words, tokenizer) = ([String?](), WordTokenizer())
      func take(_ word: UnsafeBufferPointer<UInt8>?) { words.append(word.map { String(decoding: $0, as: UTF8.self) }) }
      for part in [text[..<cut], text[cut...]] { part.withUnsafeBufferPointer { tokenizer.read($0, take) } }
      tokenizer.finish(take)
      return words
    }
    whole = read(cutAt: 0)
    #expect(whole.contains("größe") && whole.contains("don't"))
    for cut in text.indices { #expect(read(cutAt: cut) == whole) }
  }

  @Test("the vocabulary is sorted by count, rare words are gone, and both spellings of é are one word")
  func vocabulary() throws {
    let file = try TextFile("b a a\nCafé cafe\u{301} a b rare")
    let corpus = try WordCorpus(path: file.path, minimumCount: 2)
    #expect(corpus.words == ["a", "b", "café"])
    #expect(corpus.counts == [3, 2, 2])
    #expect(corpus.tokensRead == 8)
    #expect(corpus.tokenCount == 7)
  }

  @Test("a folder's files are read in the order of their names, hidden ones left out")
  func folder() throws {
    let path = NSTemporaryDirectory() + "likeness-corpus-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path + "/deep", withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    for (name, text) in [("b.txt", "x y"), ("a.txt", "x"), (".hidden", "z z z"), ("deep/c", "y")] {
      try Data(text.utf8).write(to: URL(fileURLWithPath: path + "/" + name))
    }
    let corpus = try WordCorpus(path: path, minimumCount: 1)
    #expect(corpus.words == ["x", "y"])
    #expect(corpus.tokensRead == 4)
  }

  @Test("words that stand together far more often than by chance become one, and are counted as one")
  func phrases() throws {
    var random = SeededRandom(seed: 2)
    let lines = (0..<400).map { line -> String in
      let others = (0..<6).map { _ in SyntheticCorpora.name("f", Int(random.uniform() * 300)) }
      return (line % 40 == 0 ? others + ["new", "york"] : others).joined(separator: " ")
    }
    let file = try TextFile(lines.joined(separator: "\n"))
    let corpus = try WordCorpus(path: file.path, minimumCount: 2, phrases: true)
    let number = try #require(corpus.words.firstIndex(of: "new_york"))
    #expect(corpus.counts[number] == 10)
    #expect(!corpus.words.contains("new") && !corpus.words.contains("york"))
  }

  @Test("a pair whose words belong to the phrase before it takes none of them out of the corpus")
  func overlappingPhrases() throws {
    var random = SeededRandom(seed: 3)
    let lines = (0..<400).map { line -> String in
      let others = (0..<6).map { _ in SyntheticCorpora.name("f", Int(random.uniform() * 300)) }
      if line % 40 == 0 { return (others + ["new", "york", "times"]).joined(separator: " ") }
      return (line == 7 ? others + ["york", "times"] : others).joined(separator: " ")
    }
    let file = try TextFile(lines.joined(separator: "\n"))
    let corpus = try WordCorpus(path: file.path, minimumCount: 2, phrases: true)
    let count = Dictionary(uniqueKeysWithValues: zip(corpus.words, corpus.counts))
    #expect(count["new_york"] == 10)
    #expect(count["times"] == 11)
    #expect(count["york_times"] == nil)
  }

  @Test("what is no corpus is refused with a sentence")
  func refused() throws {
    func error(_ text: String, minimumCount: Int = 1, dimension: Int = 2) throws -> WordTrainingError? {
      let file = try TextFile(text)
      var trainer = WordTrainer()
      (trainer.minimumCount, trainer.gaps, trainer.settings.dimension) = (minimumCount, nil, dimension)
      return #expect(throws: WordTrainingError.self) { try trainer.train(path: file.path) }
    }
    #expect(try error("")?.description.contains("not a word") == true)
    #expect(try error("123 ... \n\n")?.description.contains("not a word") == true)
    #expect(try error("word word word")?.description.contains("at least 2") == true)
    #expect(try error("each word stands once", minimumCount: 2)?.description.contains("--min-count") == true)
    #expect(try error("a b c a b c", dimension: 50)?.description.contains("--dimension") == true)
    #expect(throws: WordTrainingError.self) { try WordCorpus(path: "/no/such/corpus") }
  }

  @Test("a few bytes that are no UTF-8 separate words and end nothing")
  func damaged() throws {
    let path = NSTemporaryDirectory() + "likeness-bytes-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: path) }
    let text = Array(String(repeating: "good words ", count: 400).utf8)
    try Data(text + [0xFF, 0xC3, 0x28] + text).write(to: URL(fileURLWithPath: path))
    let corpus = try WordCorpus(path: path, minimumCount: 1)
    #expect(corpus.words == ["good", "words"])
    #expect(corpus.counts == [800, 800])
  }

  /// What is no UTF-8 text, by a name.
  private static func others() -> [String: [UInt8]] {
    var random = SeededRandom(seed: 5)
    let german = Array("Die Größe der Äpfel hängt vom Wetter ab. ".unicodeScalars)
    return [
      "noise": (0..<20_000).map { _ in UInt8(truncatingIfNeeded: random.next()) },
      "latin1": (0..<300).flatMap { _ in german.map { UInt8($0.value) } },
      "utf16": (0..<300).flatMap { _ in german.flatMap { [UInt8($0.value), 0] } },
      "picture": Array("\u{0}IHDR".utf8) + Array(repeating: 65, count: 5_000),
    ]
  }

  @Test("a file that is not UTF-8 text is named, in a folder too, with the way out")
  func notText() throws {
    for (name, bytes) in Self.others() {
      let folder = NSTemporaryDirectory() + "likeness-others-" + UUID().uuidString
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(atPath: folder) }
      let file = folder + "/" + name
      try Data("plain words and words".utf8).write(to: URL(fileURLWithPath: folder + "/a.txt"))
      try Data(bytes).write(to: URL(fileURLWithPath: file))
      for path in [file, folder] {
        let error = #expect(throws: WordTrainingError.self) { try WordCorpus(path: path, minimumCount: 1) }
        let sentence = error?.description ?? ""
        #expect(sentence.hasPrefix(file + ":") && sentence.contains("iconv") && sentence.contains("--skip-broken"))
      }
      let corpus = try WordCorpus(path: folder, minimumCount: 1, skipsBroken: true)
      #expect(corpus.words == ["words", "and", "plain"])
      #expect(corpus.skipped.map(\.path) == [file])
      // Nothing would be left of a single file.
      #expect(throws: WordTrainingError.self) { try WordCorpus(path: file, minimumCount: 1, skipsBroken: true) }
    }
  }

  @Test("text cut anywhere, also inside a character, is text, and what decoding mends is counted as broken")
  func checkedPieces() {
    let text = Array("Größe naïve \u{1D400}x 日本".utf8)
    for cut in text.indices {
      var check = TextCheck()
      for part in [text[..<cut], text[cut...]] { part.withUnsafeBufferPointer { check.read($0) } }
      #expect(check.finish() == nil)
      // A character that ends too early is broken.
      if String(validating: text[..<cut], as: UTF8.self) == nil {
        var short = TextCheck()
        text[..<cut].withUnsafeBufferPointer { short.read($0) }
        #expect(short.finish() != nil)
      }
    }
    var random = SeededRandom(seed: 9)
    let alphabet: [UInt8] = [
      65, 0xC3, 0xA4, 0xE0, 0x9F, 0xED, 0xA0, 0xF0, 0x8F, 0xF4, 0x90, 0xF5, 0xC0, 0xE2, 0x82, 0xAC,
    ]
    for _ in 0..<5_000 {
      let bytes = (0..<6).map { _ in alphabet[Int(random.uniform() * Double(alphabet.count))] }
      var check = TextCheck()
      bytes.withUnsafeBufferPointer { check.read($0) }
      #expect((check.finish() == nil) == (String(validating: bytes, as: UTF8.self) != nil))
    }
  }
}
