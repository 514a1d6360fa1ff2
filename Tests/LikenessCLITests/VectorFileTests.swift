import Foundation
import Seeded
import Testing

@Suite("Vectors in files")
struct VectorFileTests {
  /// float32 values in NumPy's format.
  private func npy(_ values: [Float], shape: String, type: String = "<f4") -> Data {
    var header = "{'descr': '\(type)', 'fortran_order': False, 'shape': \(shape), }"
    header += String(repeating: " ", count: 64 - (10 + header.utf8.count + 1) % 64) + "\n"
    var data = Data([0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.utf8.count), 0]) + Data(header.utf8)
    for value in values { withUnsafeBytes(of: value.bitPattern.littleEndian) { data.append(contentsOf: $0) } }
    return data
  }

  /// Vectors in the format of the fvecs and ivecs files: a length before each.
  private func vecs(_ rows: [[UInt32]]) -> Data {
    var data = Data()
    for row in rows {
      for word in [UInt32(row.count)] + row { withUnsafeBytes(of: word.littleEndian) { data.append(contentsOf: $0) } }
    }
    return data
  }

  @Test("a vector in an .npy file is a probe like any other; a damaged or wrong file is refused by name")
  func probe() throws {
    let gallery = try EnrolledGallery()
    let path = gallery.folder.path + "/probe.npy"
    let values = (0..<32).map { Float($0) / 32 }
    func ask(_ data: Data) throws -> CommandRun {
      try data.write(to: URL(fileURLWithPath: path))
      return try CommandRun.likeness("query", gallery.path, "@" + path, "-k", "2", "--json")
    }
    let listed = "vector:" + values.map { "\($0)" }.joined(separator: ",")
    func candidates(_ run: CommandRun) throws -> NSArray { try #require(try run.json()["candidates"] as? NSArray) }
    let expected = try candidates(CommandRun.likeness("query", gallery.path, listed, "-k", "2", "--json"))
    #expect(expected.count == 2)
    for shape in ["(32,)", "(1, 32)"] {
      let run = try ask(npy(values, shape: shape))
      #expect(run.status == 0, "\(run.errors)")
      #expect(try candidates(run) == expected)
    }
    let whole = npy(values, shape: "(32,)")
    for bad in [
      Data(), whole.prefix(9), whole.prefix(40), whole.dropLast(1), npy(values, shape: "(2, 16)"),
      npy(values, shape: "(32,)", type: ">f4"), npy(values, shape: "(99999999999999999999,)"), Data("text".utf8),
    ] {
      let run = try ask(Data(bad))
      #expect(run.status == 1 && run.errors.contains("probe.npy"), "\(run.errors)")
    }
  }

  @Test("bench measures recall against the truth it is given, and refuses files that are cut short")
  func bench() throws {
    let folder = try TemporaryFolder()
    var random = Seeded(3)
    let base = (0..<2_000).map { _ in (0..<8).map { _ in Float(random.uniform(-1, 1)) } }
    let queries = (0..<20).map { _ in (0..<8).map { _ in Float(random.uniform(-1, 1)) } }
    let truth = queries.map { query in
      base.indices.map { row in (row, zip(query, base[row]).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }) }
        .sorted { $0.1 < $1.1 }.prefix(10).map { UInt32($0.0) }
    }
    let files = ["base.fvecs", "queries.fvecs", "truth.ivecs"].map { folder.path + "/" + $0 }
    for (file, rows) in zip(files, [base.map { $0.map(\.bitPattern) }, queries.map { $0.map(\.bitPattern) }, truth]) {
      try vecs(rows).write(to: URL(fileURLWithPath: file))
    }
    let arguments = ["bench", "--base", files[0], "--queries", files[1], "--truth", files[2], "--sweep", "--json"]
    let run = try CommandRun.run(CommandRun.likeness, arguments)
    #expect(run.status == 0, "\(run.errors)")
    let rows = try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [[String: Any]])
    #expect(
      rows.allSatisfy { ["setting", "recall", "qps", "build_s", "bytes_per_vector"].allSatisfy($0.keys.contains) })
    #expect(try #require(rows.last?["recall"] as? Double) >= 0.9999)
    // Settings that were asked for are measured, whatever the one before has found.
    let named = try CommandRun.run(
      CommandRun.likeness, arguments.filter { $0 != "--sweep" } + ["--ef", "500", "--ef", "10", "--ef", "600"])
    let settings = try #require(try JSONSerialization.jsonObject(with: Data(named.output.utf8)) as? [[String: Any]])
    #expect(settings.count == 3)

    // Truth by which no recall can be told.
    func refuses(_ change: (inout [UInt32]) -> Void, saying words: String, _ more: [String] = []) throws {
      var wrong = truth
      change(&wrong[2])
      try vecs(wrong).write(to: URL(fileURLWithPath: files[2]))
      let refused = try CommandRun.run(CommandRun.likeness, arguments + more)
      #expect(refused.status == 1 && refused.output.isEmpty, "\(refused.output)")
      #expect(refused.errors.contains("truth.ivecs, row 2: " + words), "\(refused.errors)")
    }
    try refuses({ $0[4] = $0[3] }, saying: "names the neighbour \(truth[2][3]) twice")
    try refuses({ $0[9] = UInt32(bitPattern: -1) }, saying: "names the neighbour -1,")
    try refuses({ $0[0] = 2_000 }, saying: "names the neighbour 2000,")
    try vecs(truth).write(to: URL(fileURLWithPath: files[2]))
    let unfiltered = try CommandRun.run(CommandRun.likeness, arguments + ["--selectivity", "0.1"])
    #expect(unfiltered.status == 1 && unfiltered.errors.contains("which the filter does not allow"))

    let cut = try Data(contentsOf: URL(fileURLWithPath: files[0])).dropLast(3)
    try Data(cut).write(to: URL(fileURLWithPath: files[0]))
    let refused = try CommandRun.run(CommandRun.likeness, arguments)
    #expect(refused.status == 1 && refused.errors.contains("base.fvecs"), "\(refused.errors)")
    #expect(refused.output.isEmpty)
  }
}
