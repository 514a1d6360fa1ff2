import Foundation
import Testing

@Suite("Other hands write too", .serialized)
struct OtherHandsTests {
  @Test("a row inserted by sqlite3 is in the next answer, and one deleted by it is not")
  func sqlite3() throws {
    try #require(CommandRun.exists("sqlite3"), "the sqlite3 command is needed: make setup installs it")
    let gallery = try EnrolledGallery()
    // A copy of person1's first vector under a new name: as near to the probe as can be.
    let insert = """
      INSERT INTO identity(name) VALUES('by hand');
      INSERT INTO embedding(identity_id, embedder_id, vector)
        SELECT (SELECT id FROM identity WHERE name = 'by hand'), embedder_id, vector FROM embedding
        JOIN identity ON identity.id = identity_id WHERE identity.name = 'person1' LIMIT 1;
      """
    let inserted = try CommandRun.run("sqlite3", [gallery.path, insert])
    #expect(inserted.status == 0, "\(inserted.errors)")
    #expect(try gallery.ask(gallery.people.picture(0, 1)).contains("by hand"))

    let delete = "PRAGMA foreign_keys = ON; DELETE FROM identity WHERE name = 'person2'"
    #expect(try CommandRun.run("sqlite3", [gallery.path, delete]).status == 0)
    #expect(try !gallery.ask(gallery.people.picture(1, 1)).contains("person2"))
  }

  @Test("a vector damaged by Python is left out and reported, and everybody else is answered")
  func python() throws {
    try #require(CommandRun.exists("python3"), "python3 is needed for this test")
    let gallery = try EnrolledGallery()
    let script = """
      import sqlite3, sys, struct
      c = sqlite3.connect(sys.argv[1])
      row, vector = c.execute("SELECT e.id, e.vector FROM embedding e JOIN identity i ON i.id = e.identity_id "
                              "WHERE i.name = 'person3' ORDER BY e.id LIMIT 1").fetchone()
      c.execute("UPDATE embedding SET vector = ? WHERE id = ?", (struct.pack('<f', float('nan')) + vector[4:], row))
      c.commit()
      print(row)
      """
    let run = try CommandRun.run("python3", ["-c", script, gallery.path])
    try #require(run.status == 0, "\(run.errors)")
    let damaged = run.output.trimmingCharacters(in: .whitespacesAndNewlines)
    #expect(try Set(gallery.ask(gallery.people.picture(0, 1))) == ["person1", "person2", "person3"])
    let info = try CommandRun.likeness("info", gallery.path)
    #expect(info.status == 0, "\(info.errors)")
    #expect(info.output.contains(damaged))
  }
}
