import Foundation
import GRDB
import Likeness
import Testing

@Suite struct IdentityTests {
  @Test(
    "any Unicode is a name, kept as it is",
    arguments: [
      "Zoë", "O'Brien", "\"quoted\"", "'; DROP TABLE identity; --", "山田 太郎", "👩‍👩‍👧‍👦", " spaces ", "a/b\\c", "line\nbreak",
      "%_",
      "NULL", String(repeating: "long ", count: 2_000), "\u{202E}right to left", "İstanbul",
    ])
  func names(name: String) throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 1)
    try gallery.enroll([1], as: name)
    try gallery.enroll([2], as: name)
    let candidate = try #require(try gallery.query(.vector([1])).candidates.first)
    #expect(Array(candidate.identity.utf8) == Array(name.utf8))
    #expect(try gallery.identity(named: name)?.embeddings == 2)
    #expect(try gallery.forget(name).embeddings == 2)
    #expect(try gallery.identities().isEmpty)
  }

  @Test("a name is one name, composed or decomposed")
  func normalisation() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 1)
    let (composed, decomposed) = ("Zo\u{EB}", "Zoe\u{308}")
    try gallery.enroll([1], as: decomposed)
    try gallery.enroll([2], as: composed)
    #expect(try gallery.identities().map(\.embeddings) == [2])
    let stored = try #require(try gallery.identity(named: decomposed))
    #expect(Array(stored.name.utf8) == Array(composed.utf8))
    // Another hand may have both. Each is then found by its own form.
    try otherHand(scratch.path()).write { db in
      try db.execute(sql: "DELETE FROM identity WHERE name = ?", arguments: [composed])
      try db.execute(sql: "INSERT INTO identity (name) VALUES (?)", arguments: [decomposed])
    }
    try gallery.enroll([3], as: decomposed)
    #expect(try gallery.identities().count == 1)
    try gallery.forget(decomposed)
    #expect(try gallery.identities().isEmpty)
  }

  @Test("merging moves attributes to the letter, those too that no parser here can read")
  func mergedAttributes() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 1)
    for (number, name) in ["Ada", "Bob", "Eve", "Sam"].enumerated() { try gallery.enroll([Float(number)], as: name) }
    func set(_ text: String, _ name: String) throws {
      try otherHand(scratch.path()).write { db in
        try db.execute(sql: "UPDATE identity SET attributes = ? WHERE name = ?", arguments: [text, name])
      }
    }
    func attributes(_ name: String) throws -> String? {
      try otherHand(scratch.path()).read { db in
        try String.fetchOne(db, sql: "SELECT attributes FROM identity WHERE name = ?", arguments: [name])
      }
    }
    let strange = #"{"team": "blue", "c":1e999, "half":"\ud800", "deep":[{"x":"}\""},[]]}"#
    try set(strange, "Bob")
    #expect(
      try gallery.identity(named: "Bob")?.attributes == [
        "team": "blue", "c": "1e999", "half": #""\ud800""#, "deep": [["x": "}\""], []],
      ])
    #expect(
      try gallery.verify().checks.first { $0.name == "identities" }?.findings.first?.what.contains("under \"c\"")
        == true)
    // Nothing to add: to the letter what it was.
    try gallery.merge("Ada", into: "Bob")
    #expect(try attributes("Bob") == strange)
    try set(#"{"team":"red", "n":18446744073709551615,"k\"ey":null}"#, "Eve")
    try gallery.merge("Eve", into: "Bob")
    #expect(
      try attributes("Bob")
        == #"{"team":"blue","c":1e999,"half":"\ud800","deep":[{"x":"}\""},[]],"n":18446744073709551615,"k\"ey":null}"#)
    #expect(try gallery.identity(named: "Bob")?.attributes["k\"ey"] == .null)
    // Nothing there yet: as it came.
    try gallery.merge("Bob", into: "Sam")
    #expect(try attributes("Sam")?.contains("18446744073709551615") == true)
    #expect(try gallery.identities().map(\.name) == ["Sam"])
  }

  @Test("what another's trigger keeps as it was is never said to be done", arguments: ["identity", "embedding"])
  func keptByTriggers(table: String) throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 1)
    for (number, name) in ["Ada", "Bob"].enumerated() { try gallery.enroll([Float(number)], as: name) }
    try otherHand(scratch.path()).write { db in
      try db.execute(sql: "CREATE TRIGGER mine BEFORE DELETE ON \(table) BEGIN SELECT RAISE(IGNORE); END")
    }
    func isRefused(_ body: () throws -> Void) -> Bool {
      do {
        try body()
        return false
      } catch {
        return "\(error)".contains("a trigger that is not this library's kept")
      }
    }
    #expect(isRefused { try gallery.forget("Ada") })
    if table == "identity" { #expect(isRefused { try gallery.merge("Ada", into: "Bob") }) }
    #expect(try gallery.identities().map(\.embeddings) == [1, 1])
    #expect(try gallery.query(.vector([0]), k: 1).candidates.first?.identity == "Ada")
    try otherHand(scratch.path()).write { db in
      try db.execute(
        sql: """
          DROP TRIGGER mine;
          CREATE TRIGGER mine BEFORE INSERT ON \(table) BEGIN SELECT RAISE(IGNORE); END
          """)
    }
    #expect(isRefused { try gallery.enroll([5], as: "Eve") })
    #expect(throws: BulkError.self) {
      try gallery.enroll(contentsOf: (0..<100).map { Enrollment(identity: "p\($0)", vector: [7]) })
    }
    #expect(try gallery.identities().map(\.name) == ["Ada", "Bob"])
    try otherHand(scratch.path()).write { db in try db.execute(sql: "DROP TRIGGER mine") }
    #expect(try gallery.forget("Ada").embeddings == 1)
  }

  @Test("a name that is no composed UTF-8 is found by verify; of two forms each is forgotten by its own")
  func strangeNames() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 1)
    let (composed, decomposed) = ("Zo\u{EB}", "Zoe\u{308}")
    try gallery.enroll([1], as: composed)
    try gallery.enroll([2], as: "Ada")
    try otherHand(scratch.path()).write { db in
      try db.execute(sql: "INSERT INTO identity (name) VALUES (?)", arguments: [decomposed])
      try db.execute(sql: "UPDATE identity SET name = CAST(x'41ff' AS TEXT) WHERE name = 'Ada'")
    }
    let check = try #require(try gallery.verify().checks.first { $0.name == "identities" })
    #expect(check.findings.compactMap(\.row) == [2, 3])
    #expect(check.findings.allSatisfy { $0.what.contains("has a name that is no composed UTF-8") })
    #expect(try gallery.forget(decomposed).embeddings == 0)
    #expect(try gallery.forget(composed).embeddings == 1)
  }

  @Test("a name that nobody could be called by is refused", arguments: ["", " ", "\n\t", "\u{3000}", "a\0b", "\0"])
  func badNames(name: String) throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 1)
    try gallery.enroll([1], as: "Ada")
    for attempt in [
      { try gallery.enroll([1], as: name) }, { try gallery.rename("Ada", to: name) },
      { try gallery.register(EmbedderSpecification(name: name, kind: "vector", dimension: 1, metric: .dot)) },
    ] as [() throws -> Any] {
      let error = try #require(throws: GalleryError.self) { try attempt() }
      #expect(error.description.contains("cannot be a name: it"))
    }
    #expect(try gallery.identities().map(\.name) == ["Ada"])
  }

  @Test("renaming keeps the number, the embeddings and the attributes, and is in the next answer")
  func rename() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 1)
    try gallery.enroll([1], as: "Ada")
    try gallery.enroll([9], as: "Grace")
    try gallery.setAttributes(["born": 1815], of: "Ada")
    let before = try #require(try gallery.identity(named: "Ada"))
    try gallery.rename("Ada", to: "Countess Lovelace")
    let after = try #require(try gallery.identity(named: "Countess Lovelace"))
    #expect(after.id == before.id)
    #expect(after.attributes == ["born": 1815])
    #expect(try gallery.query(.vector([1]), k: 1).candidates.map(\.identity) == ["Countess Lovelace"])
    #expect(throws: GalleryError.unknownIdentity(name: "Ada")) { try gallery.rename("Ada", to: "x") }
    #expect(throws: GalleryError.identityExists(name: "Grace")) {
      try gallery.rename("Countess Lovelace", to: "Grace")
    }
    try gallery.rename("Grace", to: "Grace")
  }

  @Test("merging moves all embeddings, brings the attributes together, and no answer is lost")
  func merge() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 1)
    let ids = try gallery.enroll([("A. Lovelace", 1), ("Ada", 5)].map { Enrollment(identity: $0.0, vector: [$0.1]) })
    try gallery.setAttributes(["born": 1815, "title": "Countess"], of: "A. Lovelace")
    try gallery.setAttributes(["title": "Lady", "nothing": nil], of: "Ada")
    try gallery.merge("A. Lovelace", into: "Ada")
    #expect(try gallery.identities().map(\.name) == ["Ada"])
    #expect(try gallery.identity(named: "Ada")?.attributes == ["born": 1815, "title": "Lady", "nothing": nil])
    #expect(try gallery.embeddings(of: "Ada").map(\.id) == ids)
    let answer = try gallery.query(.vector([0]), k: 5)
    #expect(answer.candidates == [Candidate(identity: "Ada", distance: 1, embedding: ids[0])])
    #expect(throws: GalleryError.self) { try gallery.merge("Ada", into: "Ada") }
    #expect(throws: GalleryError.unknownIdentity(name: "Bob")) { try gallery.merge("Bob", into: "Ada") }
    #expect(throws: GalleryError.unknownIdentity(name: "Bob")) { try gallery.merge("Ada", into: "Bob") }
    #expect(try gallery.identities().count == 1)
  }

  @Test("nobody is forgotten, renamed or listed by a name that is not there")
  func unknown() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 1)
    let error = GalleryError.unknownIdentity(name: "Bob")
    #expect(throws: error) { try gallery.forget("Bob") }
    #expect(throws: error) { try gallery.embeddings(of: "Bob") }
    #expect(throws: error) { try gallery.setAttributes([:], of: "Bob") }
    #expect(try gallery.identity(named: "Bob") == nil)
    #expect(error.description == "nobody here is called \"Bob\": the list of identities has all names")
  }

  @Test("attributes keep every kind of JSON value, and whole numbers whole")
  func attributes() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 1)
    let attributes: [String: JSONValue] = [
      "id": .integer(.max), "ratio": 0.25, "name": "Zoë \"quoted\"", "yes": true, "none": nil,
      "list": [1, "two", [3.5]], "deep": ["a": ["b": false]],
    ]
    try gallery.enroll([1], as: "Ada")
    try gallery.setAttributes(attributes, of: "Ada")
    #expect(try gallery.identity(named: "Ada")?.attributes == attributes)
    let sql = "SELECT json_extract(attributes, '$.deep.a.b') FROM identity"
    #expect(try otherHand(scratch.path()).read { db in try Bool.fetchOne(db, sql: sql) } == false)
  }
}
