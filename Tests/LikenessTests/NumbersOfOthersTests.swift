import Foundation
import GRDB
import Likeness
import Testing

@Suite("Numbers that another hand wrote into the file")
struct NumbersOfOthersTests {
  private static let numbers = ["-9223372036854775808", "-9223372036854775807", "-1", "9223372036854775806"]
  private static let statements = numbers.flatMap { number in
    [
      "INSERT INTO change (sequence, embedding_id, kind) VALUES (\(number), 1, 'update')",
      "INSERT INTO change (embedding_id, kind) VALUES (\(number), 'update')",
      "UPDATE change SET sequence = \(number) WHERE sequence = 1",
      "UPDATE sqlite_sequence SET seq = \(number) WHERE name = 'change'",
      "UPDATE sqlite_sequence SET seq = \(number) WHERE name = 'embedding'",
      "UPDATE sqlite_sequence SET seq = \(number) WHERE name = 'identity'",
      "UPDATE embedding SET id = \(number) WHERE id = 3",
      "UPDATE embedding SET crc32 = \(number), quality = \(number) WHERE id = 3",
      "UPDATE identity SET id = \(number) WHERE id = 3; UPDATE embedding SET identity_id = \(number) WHERE identity_id = 3",
      """
      INSERT INTO training_run (recipe, seed) VALUES ('faces', \(number));
      INSERT INTO training_epoch (run_id, epoch, loss, seconds) VALUES (1, \(number), 1, \(number))
      """,
    ]
  }

  @Test("stop no process, and no enrolment as long as there are ids", arguments: statements)
  func anywhere(sql: String) throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 1) { $0.changeLogLimit = 50 }
    try gallery.enroll((0..<100).map { Enrollment(identity: "p\($0)", vector: [Float($0)]) })
    #expect(try gallery.query(.vector([70]), k: 1).candidates.map(\.identity) == ["p70"])
    try otherHand(scratch.path()).write { db in
      try db.execute(sql: "PRAGMA ignore_check_constraints = ON; \(sql)")
    }
    for round in 0..<2 {
      let each =
        round == 0 ? gallery : try Gallery(path: scratch.path(), configuration: quiet { $0.changeLogLimit = 50 })
      #expect(try each.query(.vector([70]), k: 1).candidates.map(\.identity) == ["p70"])
      do {
        try each.enroll([Float(1_000 + round)], as: "new \(round)")
        #expect(try each.query(.vector([Float(1_000 + round)]), k: 1).candidates.map(\.identity) == ["new \(round)"])
        try each.forget("p\(10 + round)")
        try each.compact()
      } catch GalleryError.idsUsedUp {
        // The last but one was given away.
        #expect(sql.contains("9223372036854775806"))
      }
      #expect(try each.indexDisagreements().isEmpty)
      _ = try each.trainingRuns()
      _ = try each.info()
      _ = try each.verify(sample: 2)
    }
    _ = try Gallery.diagnose(path: scratch.path(), configuration: quiet())
    // What takes no more rows may be beyond mending.
    _ = try? Gallery.diagnose(path: scratch.path(), configuration: quiet(), fixing: true)
    #expect(try gallery.query(.vector([70]), k: 1).candidates.map(\.identity) == ["p70"])
  }

  @Test(
    "about an import stop no process either",
    arguments: [
      "records = -1", "records = -9223372036854775808", "records = 9223372036854775807", "position = -5",
      "position = -9223372036854775808", "position = 9223372036854775807",
      "settings = json_set(settings, '$.enrolled', 9223372036854775807)",
      "settings = json_set(settings, '$.batches', 9223372036854775807)",
      "settings = json_set(settings, '$.line', 9223372036854775807)",
      "settings = json_set(settings, '$.leftOut', -9223372036854775808)",
    ])
  func imports(change: String) throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 1)
    // One file with a list of names beside it, and one that may grow.
    func write(_ rows: Int) throws {
      var bytes = Data()
      for row in 0..<5 {
        withUnsafeBytes(of: Int32(1).littleEndian) { bytes.append(contentsOf: $0) }
        bytes.append(blob([Float(row)]))
      }
      _ = try scratch.write(bytes, to: "rows.fvecs")
      _ = try scratch.write(Data((0..<5).map { "p\($0)\n" }.joined().utf8), to: "rows.names")
      let lines = (0..<rows).map { "q\($0),\($0)\n" }.joined()
      _ = try scratch.write(Data("identity,v0\n\(lines)".utf8), to: "rows.csv")
    }
    func run(resumes: Bool) throws {
      var options = ImportOptions()
      (options.resumes, options.replacing) = (resumes, .sameSource)
      try VectorImport(file: scratch.path("rows.csv"), options: options).run(into: gallery)
      options.names = scratch.path("rows.names")
      try VectorImport(file: scratch.path("rows.fvecs"), options: options).run(into: gallery)
    }
    try write(5)
    try run(resumes: false)
    try otherHand(scratch.path()).write { db in
      try db.execute(sql: "PRAGMA ignore_check_constraints = ON; UPDATE import_progress SET \(change)")
    }
    try write(8)
    // As if there were no such numbers: from the beginning, or not at all.
    try? run(resumes: true)
    try run(resumes: false)
    #expect(try gallery.info().embeddings == 13)
  }
}
