import Foundation
import Seeded
import Testing
import VectorFiles

@Suite("What is written is read again, bit for bit")
struct RoundTripTests {
  private static let anything = [
    "a", "Z", "0", " ", "  ", ",", "\"", "\"\"", "'", "\n", "\r\n", "\r", "\t", ";", "\\", "/", "{", "}", "é",
    "e\u{301}",
    "漢字", "👩‍👩‍👧", "\u{301}", "\u{200D}", "\u{FE0F}", "\u{600}", "\u{7F}", "\u{1}", "\u{2028}", "null", "identity", "1.5",
    "nan",
  ]
  private static let onOneLine = anything.filter { !$0.contains { $0.isNewline } || $0 == "\u{2028}" }

  private func table(_ random: inout Seeded, names: [String], dimension: Int, count: Int) -> [VectorRow] {
    (0..<count).map { _ in
      var row = VectorRow(
        identity: "x" + random.name(names) + "y", vector: (0..<dimension).map { _ in random.float() })
      if Bool.random(using: &random) { row.source = random.name(Self.anything) }
      if Bool.random(using: &random) { row.quality = Double(random.float()) }
      if Bool.random(using: &random) { row.sourceSHA256 = String(repeating: "0a", count: 32) }
      if Bool.random(using: &random) { row.attributes = #"{"a":[1,{"b":"}]"}],"c":"\u00e9"}"# }
      return row
    }
  }

  @Test(
    "any table, whatever its names and numbers", arguments: [VectorFileFormat.npy, .fvecs, .csv, .jsonl, .word2vec])
  func anyTable(format: VectorFileFormat) throws {
    let scratch = try Scratch()
    var random = Seeded(41)
    for round in 0..<60 {
      let dimension = [1, 2, 3, 7, 128, 300][round % 6]
      let usable = format == .csv || format == .jsonl ? Self.anything : Self.onOneLine
      let written = table(&random, names: usable, dimension: dimension, count: Int.random(in: 1...40, using: &random))
      let path = scratch.path("table.\(format.rawValue)")
      let writer = try VectorFile.writer(
        path: path, format: format, dimension: dimension, names: nil, rows: round % 2 == 0 ? written.count : nil)
      for row in written { try writer.write(row) }
      try writer.finish()

      let reader = try VectorFile.reader(path: path, format: format)
      let read = try rows(reader)
      #expect(read.map { $0.vector.map(\.bitPattern) } == written.map { $0.vector.map(\.bitPattern) })
      if format.hasNames {
        #expect(read.map { $0.identity.map { Array($0.utf8) } } == written.map { $0.identity.map { Array($0.utf8) } })
      } else {
        let names = try NameList(path: scratch.path("table.names"))
        for row in written { #expect(try names.next() == row.identity) }
        #expect(try names.next() == nil)
      }
      if format == .jsonl {
        #expect(read.map(\.source) == written.map(\.source))
        #expect(read.map(\.quality) == written.map(\.quality))
        #expect(read.map(\.sourceSHA256) == written.map(\.sourceSHA256))
        #expect(read.map(\.attributes) == written.map(\.attributes))
      }
    }
  }

  @Test(
    "reading goes on at any place that was noted", arguments: [VectorFileFormat.npy, .fvecs, .csv, .jsonl, .word2vec])
  func positions(format: VectorFileFormat) throws {
    let scratch = try Scratch()
    var random = Seeded(7)
    let usable = format == .csv ? Self.anything : Self.onOneLine
    let written = table(&random, names: usable, dimension: 5, count: 50)
    let path = scratch.path("table.\(format.rawValue)")
    let writer = try VectorFile.writer(path: path, format: format, dimension: 5, rows: 50)
    for row in written { try writer.write(row) }
    try writer.finish()
    let reader = try VectorFile.reader(path: path, format: format)
    var places = [reader.position]
    var all: [VectorRow] = []
    while let row = try reader.next() {
      all.append(row)
      places.append(reader.position)
    }
    for (count, place) in places.enumerated() {
      let second = try VectorFile.reader(path: path, format: format)
      try second.seek(to: place)
      #expect(try rows(second) == Array(all[count...]))
    }
  }

  @Test("every float32 survives its decimal, and every decimal becomes the nearest float32")
  func decimals() throws {
    var random = Seeded(3)
    var texts = [
      "0", "-0", "1e-45", "7e-46", "8e-46", "3.4028235e38", "3.4028236e38", "1e39", "-1e99999999999999999999", "1e-400",
      "0.1", "16777217", "16777219", "1.00000005960464477539", "1.00000005960464477540", "1.000000178813934326171875",
      "+5", ".5", "5.", "1E5", "00000000000000000000001.5", "123456789012345678901234567890",
      "0.0000000000000000000001",
      "1.17549435e-38", "1.1754942e-38", "9007199254740993", "8388608.5", "8388609.5",
    ]
    for _ in 0..<20_000 {
      let value = random.float()
      texts.append("\(value)")
      // As NumPy and others print: with the digits of a double.
      texts.append("\(Double(value) * Double.random(in: 0.5...2, using: &random))")
      texts.append("\(Double(Float.random(in: -1...1, using: &random)))")
    }
    for text in texts {
      let parsed = try rows("a " + text, .word2vec)[0].vector[0]
      // The standard library's own reader is exact, and knows no locale.
      #expect(parsed.bitPattern == Float(text)?.bitPattern, "\(text) became \(parsed)")
    }
    for text in ["", "-", ".", "e5", "1e", "1e+", "0x10", "1_000", "1,5", "1.5.1", "--1", "١", "infinit", "nano", "1f"]
    {
      #expect(throws: VectorFileError.self, "\(text)") { try rows(#"{"identity":"a","vector":[\#(text)x]}"#, .jsonl) }
      #expect(throws: VectorFileError.self, "\(text)") { try rows("identity,v0\na,\(text)\n", .csv) }
    }
    #expect(try rows("identity,v0,v1,v2\na,NaN,inf,-Infinity\n", .csv)[0].vector.description == "[nan, inf, -inf]")
  }

  @Test("a writer that does not finish leaves nothing, and one that does leaves its file alone")
  func nothingHalfWritten() throws {
    let scratch = try Scratch()
    let path = scratch.path("vectors.tsv")
    do {
      let writer = try VectorFile.writer(path: path, dimension: 2)
      try writer.write(VectorRow(identity: "Ada", vector: [1, 2]))
      #expect(throws: VectorFileError.self) { try writer.write(VectorRow(identity: "Ada", vector: [1])) }
    }
    #expect(try scratch.files().isEmpty)
    let writer = try VectorFile.writer(path: path, dimension: 2)
    try writer.write(VectorRow(identity: "Ada\tLovelace", vector: [1, 2.5], source: "a.jpg"))
    try writer.write(VectorRow(identity: "Grace", vector: [-1e-7, 3]))
    try writer.finish()
    #expect(try scratch.files() == ["metadata.tsv", "vectors.tsv"])
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "1.0\t2.5\n-1e-07\t3.0\n")
    #expect(
      try String(contentsOfFile: scratch.path("metadata.tsv"), encoding: .utf8)
        == "identity\tsource\nAda Lovelace\ta.jpg\nGrace\t\n")
    #expect(throws: VectorFileError.self) { try VectorFile.writer(path: scratch.path("no/such.csv"), dimension: 2) }
  }

  @Test("a first name that begins as a mark of the encoding does is read back whole", arguments: ["npy", "fvecs"])
  func nameLikeAMark(ending: String) throws {
    let scratch = try Scratch()
    let names = ["\u{FEFF}Ada", "\u{FEFF}Grace", "Eve"]
    let writer = try VectorFile.writer(path: scratch.path("a.\(ending)"), dimension: 1)
    for name in names { try writer.write(VectorRow(identity: name, vector: [1])) }
    try writer.finish()
    let list = try NameList(path: scratch.path("a.names"))
    // Compared by their bytes.
    for name in names { #expect(try list.next().map { Array($0.utf8) } == Array(name.utf8)) }
    #expect(try list.next() == nil)
  }

  @Test("a name that a format cannot hold is refused with a way out, not changed")
  func namesThatDoNotFit() throws {
    let scratch = try Scratch()
    for ending in ["npy", "fvecs", "vec"] {
      let writer = try VectorFile.writer(path: scratch.path("a.\(ending)"), dimension: 1)
      let error = try #require(throws: VectorFileError.self) {
        try writer.write(VectorRow(identity: "two\nlines", vector: [1]))
      }
      #expect(error.description.contains(".jsonl"))
    }
    #expect(try scratch.files().isEmpty)
  }
}
