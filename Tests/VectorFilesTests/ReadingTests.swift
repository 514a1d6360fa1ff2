import Foundation
import Seeded
import Testing
import VectorFiles

@Suite("Files as other programs write them")
struct ReadingTests {
  @Test("NumPy's versions, types and shapes")
  func numPy() throws {
    for version in [UInt8(1), 2, 3] {
      let reader = try VectorFile.reader(
        bytes: npy([1, 2, 3, 4, 5, 6], shape: "(2, 3)", version: version), format: .npy)
      #expect(reader.dimension == 3 && reader.rowCount == 2)
      #expect(try rows(reader).map(\.vector) == [[1, 2, 3], [4, 5, 6]])
    }
    #expect(try rows(VectorFile.reader(bytes: npy([1, 2], shape: "(2,)"), format: .npy)).map(\.vector) == [[1, 2]])
    #expect(
      try rows(VectorFile.reader(bytes: npy([1, 2], shape: "(2L, 1L)"), format: .npy)).map(\.vector) == [[1], [2]])
    #expect(try rows(VectorFile.reader(bytes: npy([], shape: "(0, 3)"), format: .npy)).isEmpty)
    let doubles = [0.1, -1e300].flatMap { value in
      (0..<8).map { UInt8(truncatingIfNeeded: value.bitPattern >> ($0 * 8)) }
    }
    let wide = try rows(VectorFile.reader(bytes: npy([], shape: "(1, 2)", type: "<f8") + doubles, format: .npy))
    #expect(wide[0].vector == [0.1, -.infinity])
    // 1, −2, the largest, the smallest, −0, ∞, NaN
    let halves: [UInt16] = [0x3C00, 0xC000, 0x7BFF, 0x0001, 0x8000, 0x7C00, 0x7E00]
    let narrow = try rows(
      VectorFile.reader(
        bytes: npy([], shape: "(1, 7)", type: "<f2") + halves.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] },
        format: .npy))[0].vector
    #expect(narrow.prefix(6) == [1, -2, 65_504, 0x1p-24, 0, .infinity])
    #expect(narrow[4].sign == .minus && narrow[6].isNaN)
  }

  @Test("lines of .csv may end in carriage returns alone, and are refused where they end in both")
  func carriageReturns() throws {
    func reader(_ text: String) throws -> any VectorReader {
      try VectorFile.reader(bytes: Array(text.utf8), format: .csv)
    }
    let text = "identity,v0,v1\rAda,1,2\r\"Eve\r\"\"E\"\"\",3,4\rBob,5,6"
    let all = try reader(text)
    #expect(try all.next()?.vector == [1, 2])
    let position = all.position
    #expect(try rows(all).map(\.identity) == ["Eve\r\"E\"", "Bob"])
    let again = try reader(text)
    try again.seek(to: position)
    #expect(try rows(again).map(\.vector) == [[3, 4], [5, 6]])
    #expect(try rows(reader(text + "\r")).count == 3)
    for mixed in ["identity,v0\rAda,1\r\nBob,2\r", "identity,v0\r\r\nAda,1\r\r\n", "identity,\"v0\rv1\"\nAda,1\n"] {
      let error = #expect(throws: VectorFileError.self) { _ = try rows(reader(mixed)) }
      #expect(error?.description.contains("the same line ends") == true, "\(mixed.debugDescription)")
    }
    #expect(throws: VectorFileError.self) { try reader("identity,a,b\nAda,1,2\n") }
  }

  @Test("byte vectors and float vectors of the TEXMEX collections")
  func texmex() throws {
    #expect(
      try rows(VectorFile.reader(bytes: word(2) + [0, 255] + word(2) + [7, 8], format: .bvecs)).map(\.vector)
        == [[0, 255], [7, 8]])
    #expect(
      try rows(VectorFile.reader(bytes: word(1) + bytes([1.5]) + word(1) + bytes([-2]), format: .fvecs)).map(\.vector)
        == [[1.5], [-2]])
  }

  @Test("CSV: a byte order mark, CRLF, quotes, newlines in quotes, columns in any order")
  func csv() throws {
    let text =
      "\u{FEFF}v1,identity,note,v0,source\r\n2,\"Ada, \"\"the\"\"\r\nfirst\",x,1,\r\n\r\n\"4\",Grace,\"\", 3 ,g.jpg"
    let reader = try VectorFile.reader(bytes: Array(text.utf8), format: .csv)
    #expect(reader.dimension == 2)
    let read = try rows(reader)
    #expect(read.map(\.identity) == ["Ada, \"the\"\r\nfirst", "Grace"])
    #expect(read.map(\.vector) == [[1, 2], [3, 4]])
    #expect(read.map(\.source) == [nil, "g.jpg"])
    #expect(read.map(\.number) == [2, 5])
    #expect(reader.ignoredFields == ["note"])
  }

  @Test("JSON lines: fields in any order, escapes, empty lines, fields that nobody knows")
  func jsonLines() throws {
    let text = """
      {"vector": [1, -2.5e-1, 3E2], "identity": "\\u0041da \\ud83d\\ude00\\n\\"", "text": {"x": [1, "]"]}}

      {"identity":"Grace","vector":[0],"source":null,"attributes":{"a":{"b":"}"}},"quality":0.5}
      """
    let reader = try VectorFile.reader(bytes: Array(text.utf8), format: .jsonl)
    let read = try rows(reader)
    #expect(read[0] == VectorRow(number: 1, identity: "Ada 😀\n\"", vector: [1, -0.25, 300]))
    #expect(
      read[1]
        == VectorRow(number: 3, identity: "Grace", vector: [0], quality: 0.5, attributes: "{\"a\":{\"b\":\"}\"}}"))
    #expect(reader.ignoredFields == ["text"])
  }

  @Test("word2vec with its first line and GloVe without, words with spaces, spaces at line ends")
  func words() throws {
    let withCounts = try VectorFile.reader(bytes: Array("2 3\nthe 1 2 3 \n, 4 5 6\n".utf8), format: .word2vec)
    #expect(withCounts.dimension == 3 && withCounts.rowCount == 2)
    #expect(try rows(withCounts).map(\.identity) == ["the", ","])
    let glove = try rows("the 1 2 3\n. . . 4 5 6\n7 7 8 9\r\nat name@domain.com 1e-3 0 0\n", .word2vec)
    #expect(glove.map(\.identity) == ["the", ". .  .".replacing("  ", with: " "), "7", "at name@domain.com"])
    #expect(glove.map(\.vector) == [[1, 2, 3], [4, 5, 6], [7, 8, 9], [0.001, 0, 0]])
  }

  @Test("a faulty row is named, and reading goes on behind it")
  func faultyRows() throws {
    let files: [(VectorFileFormat, String, String)] = [
      (.csv, "identity,v0\na,1\nb,x\nc,2,3\nd\"d,1\n\"e\"e,1\nf,6\n", "line 3: value 0, \"x\", is not a number"),
      (
        .jsonl, "{\"identity\":\"a\",\"vector\":[1]}\n{\"vector\":[1]}\n[]\n{\"identity\":\"f\",\"vector\":[6]}",
        "line 2: it has no field \"identity\""
      ),
      (
        .jsonl,
        "{\"identity\":\"a\",\"vector\":[1]}\n{\"identity\":\"b\",\"vector\":[1],\"quality\":\"x\"}\n[]\n"
          + "{\"identity\":\"f\",\"vector\":[6]}",
        "line 2: the quality, \"x\", is not a number"
      ),
      (.word2vec, "a 1\nb\nc x\nf 6\n", "line 2: it has 0 values behind its word"),
    ]
    for (format, text, message) in files {
      let reader = try VectorFile.reader(bytes: Array(text.utf8), format: format, path: "file")
      var names: [String?] = []
      var faults: [VectorFileError] = []
      while true {
        do {
          guard let row = try reader.next() else { break }
          names.append(row.identity)
        } catch let fault as VectorFileError where fault.canContinue {
          faults.append(fault)
        }
      }
      #expect(names == ["a", "f"])
      #expect(faults.count == (format == .csv ? 4 : 2))
      #expect(faults[0].description.hasPrefix("file, \(message)"), "\(faults[0])")
    }
  }

  @Test("a long file is read in memory that does not grow with it")
  func bounded() throws {
    let scratch = try Scratch()
    let path = scratch.path("long.csv")
    let writer = try VectorFile.writer(path: path, dimension: 64)
    var random = Seeded(9)
    let vector = (0..<64).map { _ in random.float() }
    for row in 0..<60_000 { try writer.write(VectorRow(identity: "person \(row)", vector: vector)) }
    try writer.finish()
    let size = try #require(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
    #expect(size > 40_000_000)
    // Other tests of this process take memory and give it back meanwhile: one time in many it is this one's alone.
    var growths: [Int] = []
    while growths.count < 50, growths.min().map({ $0 >= 20_000_000 }) ?? true {
      guard let before = try residentBytes() else { break }
      let reader = try VectorFile.reader(path: path)
      var count = 0
      while let row = try reader.next() { count += row.vector == vector ? 1 : 0 }
      #expect(count == 60_000)
      if let after = try residentBytes() { growths.append(after - before) }
    }
    if let least = growths.min() { #expect(least < 20_000_000, "\(growths)") }
  }

  private func residentBytes() throws -> Int? {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return nil }
    return text.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 4_096 }
  }
}
