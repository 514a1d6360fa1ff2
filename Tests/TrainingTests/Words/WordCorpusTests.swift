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
    #expect(try error("123 ... \u{0} \n\n")?.description.contains("not a word") == true)
    #expect(try error("word word word")?.description.contains("at least 2") == true)
    #expect(try error("each word stands once", minimumCount: 2)?.description.contains("--min-count") == true)
    #expect(try error("a b c a b c", dimension: 50)?.description.contains("--dimension") == true)
    #expect(throws: WordTrainingError.self) { try WordCorpus(path: "/no/such/corpus") }
  }

  @Test("bytes that are no UTF-8 separate words and end nothing")
  func damaged() throws {
    let path = NSTemporaryDirectory() + "likeness-bytes-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: path) }
    var random = SeededRandom(seed: 5)
    let noise = (0..<20_000).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    try Data(Array("good ".utf8) + [0xFF, 0xC3, 0x28] + Array(" good".utf8) + noise).write(
      to: URL(fileURLWithPath: path))
    let corpus = try WordCorpus(path: path, minimumCount: 1)
    #expect(corpus.words.contains("good"))
  }
}
