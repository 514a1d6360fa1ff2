import Foundation
import Testing

@Suite("Series, through the built command")
struct SeriesLineTests {
  /// Streams of a machine that hums, rattles or rests for 3 s at a time, in turns.
  static func write(_ subjects: Range<Int>, to folder: String) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for subject in subjects {
      var text = "t_ms,x,y,label\n"
      for row in 0..<750 {
        let state = (row / 150 + subject) % 3
        let (swing, speed) = ([0.5, 0.5, 0.05][state], [0.25, 0.9, 0.5][state])
        let noise = Double((row * 7919 + subject * 104_729) % 1000) / 5000
        let (x, y) = (swing * sin(speed * Double(row)) + noise, swing * cos(speed * Double(row)) - noise)
        text += "\(row * 20),\(x),\(y),\(["hums", "rattles", "rests"][state])\n"
      }
      try text.write(toFile: folder + "/m\(subject)_1.csv", atomically: true, encoding: .utf8)
    }
  }

  @Test("train, enroll streams, ask when it last looked like now, evaluate on others")
  func wholeLine() throws {
    let folder = try TemporaryFolder()
    let (known, unseen) = (folder.path + "/known", folder.path + "/unseen")
    try Self.write(0..<6, to: known)
    try Self.write(6..<8, to: unseen)
    let (model, gallery) = (folder.path + "/m.model", folder.path + "/m.db")

    let trained = try CommandRun.likeness(
      "train", "series", "--data", known, "--out", model, "--dimension", "16", "--epochs", "1", "--json")
    #expect(trained.status == 0, "\(trained.errors)")
    #expect(try trained.json()["subjects"] as? Int == 6)
    #expect(trained.errors.contains("epoch 1"))

    let enrolled = try CommandRun.likeness("enroll", gallery, known, "--model", model, "--json")
    #expect(enrolled.status == 0, "\(enrolled.errors)")
    #expect(try enrolled.json()["identities"] as? Int == 6)
    #expect(try enrolled.json()["enrolled"] as? Int == 6 * 141)
    #expect(try CommandRun.likeness("enroll", gallery, known, "--json").json()["already_enrolled"] as? Int == 6 * 141)

    // The subjects take the states in turns: what m6 does at its end, m0 does 3 · 3 s before or at its own.
    let last = try CommandRun.likeness("query", gallery, unseen + "/m6_1.csv", "-k", "3", "--json")
    #expect(last.status == 0, "\(last.errors)")
    let candidates = try #require(last.json()["candidates"] as? [[String: Any]])
    let source = try #require(candidates.first?["source"] as? String)
    #expect(source.contains(".csv t_ms="))
    #expect(try #require(last.json()["note"] as? String).contains("t_ms=14500"))

    let own = try CommandRun.likeness("query", gallery, known + "/m2_1.csv", "--at", "4021", "-k", "1", "--json")
    let first = try #require((own.json()["candidates"] as? [[String: Any]])?.first)
    #expect(first["identity"] as? String == "m2_1")
    #expect((first["source"] as? String)?.hasSuffix("m2_1.csv t_ms=4000") == true)

    let outside = try CommandRun.likeness("query", gallery, known + "/m2_1.csv", "--at", "60000")
    #expect(outside.status == 1 && outside.errors.contains("no window around 60000 ms"))

    // Files that are numbered anew: what was in the first is in the second now, and stays.
    let (numbered, all) = (folder.path + "/numbered", folder.path + "/all.db")
    try FileManager.default.createDirectory(atPath: numbered, withIntermediateDirectories: true)
    for streams in [[0, 1], [2, 0, 1]] {
      for (number, stream) in streams.enumerated() {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: known + "/m\(stream)_1.csv"))
        try bytes.write(to: URL(fileURLWithPath: numbered + "/\(number).csv"))
      }
      let run = try CommandRun.likeness(
        "enroll", all, numbered, "--model", model, "--as", "machine", "--replace", "--json")
      #expect(run.status == 0, "\(run.errors)")
      let shown = try CommandRun.likeness("info", all, "--json").json()
      #expect(shown["embeddings"] as? Int == streams.count * 141)
      let digests = try CommandRun.likeness("enroll", all, numbered, "--as", "machine", "--json").json()
      #expect(digests["already_enrolled"] as? Int == streams.count * 141 && digests["enrolled"] as? Int == 0)
    }

    let evaluated = try CommandRun.likeness("evaluate", model, unseen, "--labelled", known, "--json")
    #expect(evaluated.status == 0, "\(evaluated.errors)")
    let report = try evaluated.json()
    for percent in ["1", "5", "10", "100"] {
      #expect((report["probe"] as? [String: [String: Double]])?[percent]?["macro_f1"] != nil)
      for name in ["raw", "handmade", "untrained"] {
        let baselines = report["baselines"] as? [String: [String: [String: Double]]]
        #expect(baselines?[name]?[percent]?["accuracy"] != nil)
      }
    }
    // Files of one name in different folders are streams of their own, whenever they come; what is there stays what it is.
    let (left, right, moved) = (folder.path + "/left", folder.path + "/right", folder.path + "/moved")
    try Self.write(0..<1, to: left)
    try Self.write(3..<4, to: right)
    try FileManager.default.moveItem(atPath: right + "/m3_1.csv", toPath: right + "/m0_1.csv")
    try FileManager.default.copyItem(atPath: known, toPath: moved)
    try FileManager.default.moveItem(atPath: right + "/m0_1.csv", toPath: left + "/m9_1.csv")
    try Self.write(4..<5, to: right)
    try FileManager.default.moveItem(atPath: right + "/m4_1.csv", toPath: right + "/m9_1.csv")
    func identities(_ arguments: String...) throws -> (names: [String], notes: [String], enrolled: Int) {
      let run = try CommandRun.run(CommandRun.likeness, ["enroll", gallery] + arguments + ["--json"])
      try #require(run.status == 0, "\(run.errors)")
      let listed = try CommandRun.likeness("identities", gallery, "--json")
      let rows = try #require(try JSONSerialization.jsonObject(with: Data(listed.output.utf8)) as? [[String: Any]])
      return (
        rows.compactMap { $0["name"] as? String }.sorted(), try run.json()["notes"] as? [String] ?? [],
        try run.json()["enrolled"] as? Int ?? -1
      )
    }
    let usual = (0..<6).map { "m\($0)_1" }
    let copies = try identities(moved)
    #expect(copies.names == usual && copies.notes.isEmpty && copies.enrolled == 0, "a copy is the same stream")
    let both = try identities(left + "/m9_1.csv", right + "/m9_1.csv")
    #expect(both.names == ["left/m9_1"] + usual + ["right/m9_1"])
    #expect(both.notes.contains { $0.contains("left/m9_1, right/m9_1") }, "\(both.notes)")
    #expect(try identities(right).enrolled == 0)
    try Self.write(5..<6, to: right)
    try FileManager.default.moveItem(atPath: right + "/m5_1.csv", toPath: right + "/m0_1.csv")
    #expect(try identities(right).names == ["left/m9_1"] + usual + ["right/m0_1", "right/m9_1"])
    // One that has grown belongs to what it was.
    let grown = right + "/m0_1.csv"
    try (String(contentsOfFile: grown, encoding: .utf8) + "15000,0,0,rests\n")
      .write(toFile: grown, atomically: true, encoding: .utf8)
    let more = try identities(grown)
    #expect(more.names == ["left/m9_1"] + usual + ["right/m0_1", "right/m9_1"] && more.enrolled > 0)

    let unlabelled = try CommandRun.likeness("evaluate", model, unseen)
    #expect(unlabelled.status != 0 && unlabelled.errors.contains("--labelled"))
  }
}
