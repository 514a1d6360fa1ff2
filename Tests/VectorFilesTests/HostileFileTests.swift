import Foundation
import Seeded
import Testing
import VectorFiles

@Suite("No bytes crash a reader, and none are believed")
struct HostileFileTests {
  /// Reads everything, going on behind faulty rows, and returns what ended it.
  private func exhaust(_ bytes: [UInt8], _ format: VectorFileFormat) -> VectorFileError? {
    do {
      let reader = try VectorFile.reader(bytes: bytes, format: format, path: "file")
      while true {
        do {
          guard try reader.next() != nil else { return nil }
        } catch let fault as VectorFileError where fault.canContinue {
          continue
        }
      }
    } catch let error as VectorFileError {
      return error
    } catch {
      Issue.record("\(error) is no VectorFileError")
      return nil
    }
  }

  @Test("headers that claim absurd sizes, other types or another order are refused with a sentence")
  func headers() {
    let refusals: [([UInt8], VectorFileFormat, String)] = [
      (npy([1], shape: "(99999999999999999999, 2)"), .npy, "no Python dictionary"),
      (npy([1], shape: "(9223372036854775807, 2)"), .npy, "more than a file can hold"),
      (npy([1], shape: "(4611686018427387904, 4)"), .npy, "more than a file can hold"),
      (npy([1], shape: "(1000000000, 65536)"), .npy, "cut short"),
      (npy([1], shape: "(1, 65537)"), .npy, "1 to 65536"),
      (npy([1], shape: "(1, 0)"), .npy, "1 to 65536"),
      (npy([1], shape: "(1, 1, 1)"), .npy, "[n, dimension]"),
      (npy([1], shape: "()"), .npy, "[n, dimension]"),
      (npy([1, 2], shape: "(1, 1)"), .npy, "longer than it says"),
      (npy([1], shape: "(1, 1)", order: "True"), .npy, "Fortran order"),
      (npy([1], shape: "(1, 1)", type: ">f4"), .npy, "astype"),
      (npy([1], shape: "(1, 1)", type: "|O"), .npy, "astype"),
      (npy([1], shape: "(1, 1)", version: 9), .npy, "version 9"),
      ([0x93] + Array("NUMPY".utf8) + [2, 0, 255, 255, 255, 255], .npy, "claims a header"),
      (Array("PK".utf8), .npy, "numpy.save"),
      (word(0x7FFF_FFFF) + [0, 0, 0, 0], .fvecs, "claims 2147483647 values"),
      (word(0x8000_0000), .fvecs, "claims -2147483648 values"),
      (word(0), .fvecs, "claims 0 values"),
      (word(2) + bytes([1, 2]) + word(3) + bytes([1, 2]), .fvecs, "row 1: it claims 3 values"),
      (word(2) + bytes([1]), .fvecs, "not a whole number of rows"),
      ([], .fvecs, "empty"),
      ([], .csv, "empty"),
      (Array("a,b\n".utf8), .csv, "identity"),
      (Array("identity,v0,v0\n".utf8), .csv, "v0 twice"),
      (Array("identity,identity,v0\n".utf8), .csv, "identity twice"),
      (Array("identity,v0,v2\n".utf8), .csv, "without gaps"),
      (Array("identity,v9223372036854775807\n".utf8), .csv, "without gaps"),
      (Array("identity,v0\n\"open,1\n".utf8), .csv, "line 2: a quote opens"),
      (Array("3 2\na 1 2\n".utf8), .word2vec, "promises 3 words, and 1 are there"),
      (Array("1 99999999\n".utf8), .word2vec, "is not a word and its values"),
      (Array("words\n".utf8), .word2vec, "is not a word and its values"),
    ]
    for (bytes, format, message) in refusals {
      let error = exhaust(bytes, format)
      #expect(error?.description.contains(message) == true, "\(error.map { "\($0)" } ?? "nothing") lacks: \(message)")
    }
  }

  @Test("a JSON line that is not one is refused with what is wrong with it")
  func jsonLines() throws {
    let faults = [
      ("{\"identity\":\"a\"}", "no field \"vector\""), ("{\"identity\":1,\"vector\":[]}", "no string"),
      ("{\"identity\":\"a\",\"vector\":[1", "does not end"), ("{\"identity\":\"a\",\"vector\":[1,]}", "not a number"),
      ("{\"identity\":\"a\",\"vector\":1}", "no array"), ("{\"identity\":\"a\",\"vector\":[\"1\"]}", "not a number"),
      ("{\"identity\":\"a\",\"vector\":[1]}{", "behind the object"), ("{\"identity\":\"a", "a quote is missing"),
      ("{\"identity\":\"a\",\"identity\":\"b\",\"vector\":[1]}", "twice"), ("{\"identity\":\"\\x\"}", "backslash"),
      ("{\"identity\":\"\\ud800\"}", "half of a character"),
      ("{\"identity\":\"\\udc00\\ud800\"}", "half of a character"),
      ("{\"identity\":\"\\u12\"}", "four hexadecimal"), ("{\"identity\":\"a\u{1}\"}", "control character"),
      ("{\"x\":" + String(repeating: "[", count: 100_000), "deep"), ("{\"identity\" \"a\"}", "colon"),
      ("{\"attributes\":[1],\"identity\":\"a\",\"vector\":[1]}", "no JSON object"), ("null", "no JSON object"),
      ("{\"x\":}", "missing"), ("{\"x\":,}", "missing"), ("{\"quality\":inf}", "not a number"),
    ]
    for (line, message) in faults {
      let reader = try VectorFile.reader(bytes: Array(line.utf8), format: .jsonl, path: "file")
      let error = #expect(throws: VectorFileError.self) { try reader.next() }
      #expect(error?.description.contains(message) == true, "\(line.prefix(40)): \(error.map { "\($0)" } ?? "")")
      #expect(error?.place == .line(1))
    }
    let broken = Array("{\"identity\":\"".utf8) + [0xC3, 0x28] + Array("\",\"vector\":[1]}".utf8)
    let reader = try VectorFile.reader(bytes: broken, format: .jsonl)
    #expect(throws: VectorFileError.self) { try reader.next() }
  }

  @Test("names of every kind arrive as they are: NUL, emoji, 10 kB; vectors of 65,536 values")
  func extremes() throws {
    let name = String(repeating: "👩‍👩‍👧 \"quoted\", ", count: 400)
    let scratch = try Scratch()
    for ending in ["csv", "jsonl", "vec"] {
      let path = scratch.path("a." + ending)
      let writer = try VectorFile.writer(path: path, dimension: 65_536, rows: 2)
      let vector = (0..<65_536).map { Float($0) / 3 }
      try writer.write(VectorRow(identity: name, vector: vector))
      try writer.write(VectorRow(identity: "a\0b", vector: vector))
      try writer.finish()
      let read = try rows(VectorFile.reader(path: path))
      #expect(read.map(\.identity) == [name, "a\0b"])
      #expect(read[1].vector == vector)
    }
    let long = "[" + String(repeating: "1,", count: 65_536) + "1]"
    #expect(throws: VectorFileError.self) { try rows("{\"identity\":\"a\",\"vector\":\(long)}", .jsonl) }
    #expect(throws: VectorFileError.self) { try VectorFile.writer(path: scratch.path("b.csv"), dimension: 65_537) }
  }

  @Test("a file cut anywhere, or with any byte changed, is read or refused, never a crash")
  func damage() throws {
    let samples: [(VectorFileFormat, [UInt8])] = [
      (.npy, npy([1, 2, 3, 4], shape: "(2, 2)")),
      (.npy, npy([1, 2, 3, 4], shape: "(2, 2)", version: 2)),
      (.fvecs, word(2) + bytes([1, 2]) + word(2) + bytes([3, 4])),
      (.bvecs, word(2) + [1, 2] + word(2) + [3, 4]),
      (.csv, Array("identity,v0,source\r\n\"A, \"\"b\"\"\",1.5,x\r\nGrace,-2e3,\r\n".utf8)),
      (.jsonl, Array("{\"identity\":\"A\\u00e9\",\"vector\":[1,2e1],\"attributes\":{\"a\":[1]},\"x\":null}\n".utf8)),
      (.word2vec, Array("2 2\nthe 1 2\na b 3 4\n".utf8)),
    ]
    var random = Seeded(77)
    for (format, bytes) in samples {
      for count in 0..<bytes.count { _ = exhaust(Array(bytes.prefix(count)), format) }
      for index in bytes.indices {
        for value in [0, 0x22, 0x2C, 0x0A, 0x5C, 0x7B, 0x80, 0xFF, UInt8.random(in: 0...255, using: &random)] {
          var changed = bytes
          changed[index] = value
          _ = exhaust(changed, format)
        }
      }
      for _ in 0..<500 {
        var changed = bytes
        for _ in 0..<Int.random(in: 1...6, using: &random) {
          let index = Int.random(in: 0..<changed.count, using: &random)
          switch Int.random(in: 0..<3, using: &random) {
          case 0: changed[index] = UInt8.random(in: 0...255, using: &random)
          case 1: changed.remove(at: index)
          default: changed.insert(contentsOf: changed[index...].prefix(8), at: index)
          }
          if changed.isEmpty { break }
        }
        _ = exhaust(changed, format)
      }
    }
  }

  @Test("a path that is no file is refused by name")
  func paths() throws {
    let scratch = try Scratch()
    for path in [scratch.path("no.csv"), scratch.folder.path, "", "/dev/null/x.npy"] {
      let error = #expect(throws: VectorFileError.self) { try VectorFile.reader(path: path, format: .csv) }
      #expect(error?.description.hasPrefix(path) == true)
    }
    #expect(throws: VectorFileError.self) { try VectorFile.reader(path: scratch.path("a.xyz")) }
    #expect(throws: VectorFileError.self) { try VectorFile.reader(path: scratch.path("a.tsv")) }
  }

  @Test("a list of names says which line has none")
  func names() throws {
    let list = try NameList(bytes: Array("\u{FEFF}Ada\r\nGrace Hopper\n\nx".utf8), path: "names")
    #expect(try list.next() == "Ada")
    #expect(try list.next() == "Grace Hopper")
    let error = #expect(throws: VectorFileError.self) { try list.next() }
    #expect(error?.description.hasPrefix("names, line 3: ") == true)
  }

  @Test("a whole file in memory: rows of one length, or a sentence")
  func tables() throws {
    let scratch = try Scratch()
    func file(_ name: String, _ bytes: [UInt8]) throws -> String {
      try Data(bytes).write(to: scratch.folder.appendingPathComponent(name))
      return scratch.path(name)
    }
    let table = try VectorTable(path: file("a.fvecs", word(2) + bytes([1, 2]) + word(2) + bytes([3, 4])))
    #expect(table.count == 2 && table.dimension == 2 && table.row(1) == [3, 4])
    #expect(try VectorTable(path: scratch.path("a.fvecs"), limit: 1).values == [1, 2])
    let mixed = "{\"identity\":\"a\",\"vector\":[1]}\n{\"identity\":\"b\",\"vector\":[1,2]}"
    #expect(throws: VectorFileError.self) { try VectorTable(path: file("b.jsonl", Array(mixed.utf8))) }
    #expect(throws: VectorFileError.self) { try VectorTable(path: file("c.npy", npy([], shape: "(0, 2)"))) }
    let neighbours = try NeighbourTable(path: file("d.ivecs", word(2) + word(7) + word(0xFF80_0001)))
    #expect(neighbours.values == [7, Int32(bitPattern: 0xFF80_0001)] && neighbours.width == 2)
  }
}
