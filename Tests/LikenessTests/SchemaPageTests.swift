import Foundation
import GRDB
import Likeness
import Testing

/// What schema/README.md says is so.
@Suite struct SchemaPageTests {
  private static var page: String {
    get throws {
      try String(contentsOf: VersionTests.schemaFolder.appendingPathComponent("README.md"), encoding: .utf8)
    }
  }

  /// The page's pieces of code in a language.
  private static func code(_ language: String) throws -> [String] {
    try page.components(separatedBy: "```\(language)\n").dropFirst().map { $0.components(separatedBy: "\n```")[0] }
  }

  /// A gallery with something for every query to find.
  private func fill(_ path: String) throws {
    let gallery = try Gallery(path: path, configuration: quiet())
    try gallery.register(
      EmbedderSpecification(name: "faces", kind: "image", dimension: 2, metric: .euclidean, model: Data("model".utf8)))
    let hash = String(repeating: "ab", count: 32)
    try gallery.enroll([
      Enrollment(identity: "Ada", vector: [1, 0], source: "a.jpg", sourceSHA256: hash, quality: 0.5),
      Enrollment(identity: "Ada", vector: [1, 1], source: "b.jpg", quality: 0.25),
      Enrollment(identity: "Grace", vector: [1, 0], source: "c.jpg", sourceSHA256: hash, quality: 0.75),
      Enrollment(identity: "Zoë", vector: [9, 9], source: "d.jpg"),
    ])
    try gallery.setAttributes(["team": .string("red")], of: "Zoë")
    let run = try gallery.recordTraining(TrainingStart(recipe: "faces", seed: 9, identities: ["Ada", "Edsger"]))
    try gallery.recordEpoch(TrainingEpoch(epoch: 0, loss: 0.5, validationLoss: 0.75, seconds: 2), of: run)
    try gallery.recordTrainingResult(["eer": .number(0.125)], modelName: "faces", model: Data("model".utf8), of: run)
    try gallery.backup(to: path + ".copy")
    try otherHand(path).write { db in
      try db.execute(
        sql: """
          INSERT INTO identity (name) VALUES ('nobody');
          INSERT INTO embedding (identity_id, embedder_id, vector, created_at)
            VALUES (1, 1, x'0000003f0000003f', '2001-01-01T00:00:00.000Z');
          INSERT INTO erasure (id) VALUES (1);
          INSERT INTO import_progress (source, fingerprint, records, position) VALUES ('/x.csv', '1', 7, 70);
          """)
    }
    // The readers of this page need no index.
    try gallery.close()
    try otherHand(path).write { db in try db.execute(sql: "INSERT OR IGNORE INTO erasure (id) VALUES (1)") }
  }

  @Test("every query of the page runs, and finds what it is there to find")
  func queries() throws {
    let scratch = try Scratch()
    try fill(scratch.path())
    let queries = try Self.code("sql").joined(separator: "\n").components(separatedBy: ";\n")
      .map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }.filter { !$0.isEmpty }
    #expect(queries.count >= 10)
    let expected: [(String, [String])] = [
      ("most pictures", ["Ada", "3"]), ("Who has none", ["nobody"]), ("Which embedders", ["faces", "euclidean"]),
      ("same vector under two names", ["Ada,Grace", "2"]), ("same input under two names", ["Ada,Grace"]),
      ("worst input", ["Ada", "b.jpg", "0.25"]), ("By attribute", ["Zoë"]), ("How the gallery grew", ["2001-01", "1"]),
      ("Every training", ["faces", "0.125", "0.5"]), ("How the last training went", ["0", "0.5", "0.75"]),
      ("Which models were trained", ["faces", "1", "Ada"]), ("other hands than", ["5", "Ada"]),
      ("the clock went back", ["5", "2001-01-01T00:00:00.000Z"]),
      ("What is left to do", ["import of /x.csv stopped after 7 records"]),
    ]
    #expect(queries.count == expected.count)
    try otherHand(scratch.path()).read { db in
      for query in queries {
        let (_, values) = try #require(
          expected.first { query.components(separatedBy: "\n")[0].contains($0.0) }, "\(query)")
        let rows = try Row.fetchAll(db, sql: query)
        let found = rows.map { row in row.map { "\($0.1)".trimmingCharacters(in: ["\""]) } }
        #expect(found.contains { row in values.allSatisfy { row.contains($0) } }, "\(query): \(found)")
      }
    }
  }

  private static let hasNumPy: Bool = (try? Tool.python3?.run(["-c", "import numpy"])) != nil

  @Test(
    "the page's Python finds near neighbours of different names", .enabled(if: hasNumPy, "python3 or numpy is missing"))
  func python() throws {
    let scratch = try Scratch()
    try fill(scratch.path())
    let script = try #require(try Self.code("python").first)
    let output = try #require(try Tool.python3?.run(["-c", script, scratch.path()]))
    #expect(output.hasPrefix("0.0000  Ada  Grace\n"), "\(output)")
  }

  @Test("every table, column, index, trigger and view is on the page")
  func complete() throws {
    let scratch = try Scratch()
    try makeGallery(scratch.path(), 1).close()
    let page = try Self.page
    try otherHand(scratch.path()).read { db in
      let names = try String.fetchAll(
        db, sql: "SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite~_%' ESCAPE '~'")
      #expect(names.count > 20)
      for name in names { #expect(page.contains(name), "\(name) is not on the page") }
      for table in try String.fetchAll(
        db, sql: "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~'")
      {
        let start = try #require(page.range(of: "**\(table)**"), "\(table) has no entry")
        let entry = page[start.upperBound...].components(separatedBy: "\n**")[0]
        for column in try db.columns(in: table).map(\.name) {
          #expect(entry.contains(column), "\(table).\(column) is not explained")
        }
      }
    }
  }
}
