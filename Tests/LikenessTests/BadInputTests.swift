import Foundation
import GRDB
import Likeness
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite struct BadInputTests {
  @Test("ids anywhere in 64 bits name their embeddings", arguments: [0, 100_000])
  func largeIDs(exactBelow: Int) throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 1) { $0.exactBelow = exactBelow }
    try gallery.enroll([0.5], as: "Ada")
    let ids: [Int64] = [.min, -1, 0, 1 << 31 - 1, 1 << 31, 1 << 32 + 1, 1 << 53 + 1, 1 << 62]
    try otherHand(scratch.path()).write { db in
      for (place, id) in ids.enumerated() {
        try db.execute(
          sql: "INSERT INTO embedding (id, identity_id, embedder_id, vector) VALUES (?, 1, 1, ?)",
          arguments: [id, blob([Float(place) * 10 + 10])])
      }
    }
    for isSettled in [false, true] {
      if isSettled { gallery.settle() }
      for (place, id) in ids.enumerated() {
        let candidate = try gallery.query(.vector([Float(place) * 10 + 10]), k: 1).candidates[0]
        #expect(candidate.embedding.rawValue == id && candidate.distance == 0)
        #expect(try gallery.vector(of: EmbeddingID(id)) == [Float(place) * 10 + 10])
      }
    }
    #expect(try gallery.enroll([7], as: "Ada").rawValue == 1 << 62 + 1)
    #expect(try gallery.remove(embedding: EmbeddingID(.min)).embeddings == 1)
    #expect(try gallery.query(.vector([10]), k: 100, by: .embedding).candidates.count == ids.count + 1)
    let again = try Gallery(path: scratch.path(), configuration: quiet { $0.exactBelow = exactBelow })
    #expect(try again.query(.vector([80]), k: 1).candidates[0].embedding.rawValue == 1 << 62)
  }

  @Test("a clock that goes back changes no order and loses nothing")
  func clock() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 1)
    try gallery.enroll((0..<20).map { Enrollment(identity: "Ada", vector: [1], source: "\($0)") })
    // As if each had been enrolled a year before the one before it, and some when there was no time at all.
    try otherHand(scratch.path()).write { db in
      try db.execute(sql: "UPDATE embedding SET created_at = (3000 - id) || '-01-01T00:00:00.000Z'")
      try db.execute(sql: "UPDATE embedding SET created_at = 'yesterday' WHERE id % 5 = 0")
      try db.execute(sql: "UPDATE identity SET created_at = ''")
    }
    #expect(try gallery.embeddings(of: "Ada").compactMap(\.source) == (0..<20).map { "\($0)" })
    let answer = try gallery.query(.vector([1]), k: 20, by: .embedding)
    #expect(answer.candidates.compactMap(\.source) == (0..<20).map { "\($0)" })
    #expect(try gallery.enroll([1], as: "Ada").rawValue == 21)
  }

  /// A locale of this system that writes one half with a comma.
  private static let commaLocale = ["de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "fr_FR.utf8", "de_DE", "fr_FR"].first {
    newlocale($0) != nil
  }

  private static func newlocale(_ name: String) -> OpaquePointer? {
    #if canImport(Glibc)
      guard let locale = Glibc.newlocale(1 << LC_NUMERIC, name, nil) else { return nil }
      defer { freelocale(locale) }
      return OpaquePointer(locale)
    #else
      return nil
    #endif
  }

  @Test(
    "a host program's locale changes no number that is stored or read",
    .enabled(if: commaLocale != nil, "no locale with decimal commas is installed"))
  func locale() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 2)
    let before = setlocale(LC_ALL, nil).map { String(cString: $0) }
    setlocale(LC_ALL, Self.commaLocale)
    defer { setlocale(LC_ALL, before) }
    try gallery.enroll([
      Enrollment(identity: "Ada", vector: [0.5, 1.25], quality: 0.75, attributes: ["age": .number(36.5)])
    ])
    let kept = try #require(try gallery.embeddings(of: "Ada").first)
    #expect(kept.quality == 0.75)
    #expect(kept.attributes == ["age": .number(36.5)])
    #expect(try gallery.query(.vector([0.5, 1.5]), k: 1, maxDistance: 0.25).candidates.first?.distance == 0.25)
    let note = try gallery.query(.vector([0.5, 2.75]), k: 1, maxDistance: 0.25).note
    #expect(note == "the nearest candidate is at 1.5, beyond 0.25")
  }
}
