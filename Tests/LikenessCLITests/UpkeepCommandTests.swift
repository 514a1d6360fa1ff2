import Foundation
import Seeded
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

private let hasPython = CommandRun.exists("python3")

@Suite("Keeping a gallery sound", .serialized)
struct UpkeepCommandTests {
  /// Runs a piece of Python with `sqlite3`, and returns what it printed.
  @discardableResult
  private func python(_ script: String, _ arguments: String...) throws -> String {
    let run = try CommandRun.run("python3", ["-c", "import sqlite3, sys, struct, random\n" + script] + arguments)
    try #require(run.status == 0, "\(run.errors)")
    return run.output.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  @Test("verify, compact, backup, rebuild and doctor say in words and in JSON what they did")
  func wholeLine() throws {
    let gallery = try EnrolledGallery()
    let verified = try CommandRun.likeness("verify", gallery.path)
    #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
    #expect(
      verified.output.contains("ok     index       each of the 9 sound vectors is in the index as its row has it"))
    #expect(verified.output.contains("is sound"))
    let json = try CommandRun.likeness("verify", gallery.path, "--sample", "3", "--seed", "5", "--json").json()
    #expect(json["sound"] as? Bool == true)
    #expect((json["checks"] as? [[String: Any]])?.count == 14)

    let copy = gallery.folder.path + "/copy.db"
    let backup = try CommandRun.likeness("backup", gallery.path, copy, "--json").json()
    #expect(backup["embeddings"] as? Int == 9)
    #expect(backup["content_sha256"] as? String == json["content_sha256"] as? String)
    let again = try CommandRun.likeness("backup", gallery.path, copy)
    #expect(again.status == 1)
    #expect(again.errors.hasPrefix("likeness: no copy was made at \(copy): it exists already: "))
    #expect(try CommandRun.likeness("backup", gallery.path, copy, "--force").status == 0)
    #expect(try CommandRun.likeness("backup", gallery.path, gallery.path, "--force").status == 1)

    let forgotten = try CommandRun.likeness("forget", gallery.path, "person1")
    #expect(forgotten.output.contains("forgot person1: 3 embeddings"))
    #expect(forgotten.output.contains("copy      \(copy) (backup): STILL IN IT"))
    #expect(forgotten.output.contains("is not the gallery's, and was not touched"))
    let receipt = try CommandRun.likeness("forget", gallery.path, "person2", "--json").json()
    #expect(receipt["erasure"] as? String == "complete")
    #expect((receipt["embedding_ids"] as? [Int])?.count == 3)
    #expect((receipt["copies"] as? [[String: Any]])?.first?["state"] as? String == "holds")

    #expect(try CommandRun.likeness("compact", gallery.path).output.contains("freed, from"))
    #expect(try CommandRun.likeness("compact", gallery.path, "--json").json()["bytes_after"] as? Int ?? 0 > 0)
    let rebuilt = try CommandRun.likeness("rebuild", gallery.path)
    #expect(rebuilt.output.hasPrefix("built the index of 3 embeddings in "))
    #expect(rebuilt.output.contains("searches find 100.0 % of the true 10 nearest"))
    let healthy = try CommandRun.likeness("doctor", gallery.path)
    #expect(healthy.status == 0)
    #expect(healthy.output == "\(gallery.path) is healthy\n")
  }

  @Test(
    "what is wrong ends in exit code 1 with the command that mends it, and that command does", .enabled(if: hasPython))
  func mended() throws {
    let gallery = try EnrolledGallery()
    try python(
      """
      c = sqlite3.connect(sys.argv[1])
      v, = c.execute("SELECT vector FROM embedding WHERE id = 4").fetchone()
      c.execute("UPDATE embedding SET vector = ? WHERE id = 4", (struct.pack('<f', float('nan')) + v[4:],))
      c.execute("DROP TRIGGER embedding_deleted")
      c.commit()
      """, gallery.path)
    let verified = try CommandRun.likeness("verify", gallery.path)
    #expect(verified.status == 1)
    #expect(verified.output.contains("WRONG  embeddings"))
    #expect(verified.output.contains("has the value nan at 0"))
    #expect(verified.output.contains("likeness doctor \(gallery.path) --fix"))
    let json = try CommandRun.likeness("verify", gallery.path, "--json")
    #expect(json.status == 1)
    #expect(try json.json()["sound"] as? Bool == false)

    let diagnosis = try CommandRun.likeness("doctor", gallery.path)
    #expect(diagnosis.status == 1)
    #expect(diagnosis.output.contains("2 things are wrong, 2 of which --fix mends"))
    let fixed = try CommandRun.likeness("doctor", gallery.path, "--fix")
    #expect(fixed.status == 0, "\(fixed.output)")
    #expect(fixed.output.contains("mended: the trigger embedding_deleted is back as it should be"))
    #expect(fixed.output.contains("mended: 1 row that no answer could use removed"))
    #expect(try CommandRun.likeness("verify", gallery.path).status == 0)
  }

  @Test("doctor works on what is no gallery at all")
  func noGallery() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/letter"
    try Data("Dear Ada,\n".utf8).write(to: URL(fileURLWithPath: path))
    let run = try CommandRun.likeness("doctor", path, "--json")
    #expect(run.status == 1)
    #expect(try run.json()["opens"] as? Bool == false)
    let missing = try CommandRun.likeness("doctor", folder.path + "/nowhere")
    #expect(missing.status == 1)
    #expect(missing.output.hasPrefix("wrong: there is no file"))
    #expect(try CommandRun.likeness("verify", path).errors.hasPrefix("likeness: \(path) is not a gallery"))
  }

  @Test(
    "kill -9 at any moment of a migration leaves the old version or the new one, with every row",
    .enabled(if: hasPython))
  func killedMigrations() throws {
    let folder = try TemporaryFolder()
    let original = folder.path + "/original"
    let schema = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("schema/v1_gallery.sql").path
    try python(
      """
      random.seed(7)
      c = sqlite3.connect(sys.argv[1])
      c.executescript(open(sys.argv[2]).read())
      c.execute("INSERT INTO embedder (name, kind, dimension, metric) VALUES ('e', 'vector', 64, 'euclidean')")
      c.executemany("INSERT INTO identity (name) VALUES (?)", ((f"p{i}",) for i in range(500)))
      c.executemany("INSERT INTO embedding (identity_id, embedder_id, vector) VALUES (?, 1, ?)",
                    ((i % 500 + 1, struct.pack('<64f', *(random.random() for _ in range(64)))) for i in range(20000)))
      c.commit()
      """, original, schema)

    let state = """
      for path in sys.argv[1:]:
        c = sqlite3.connect(path)
        version, = c.execute("PRAGMA user_version").fetchone()
        rows = c.execute("SELECT count(*), count(DISTINCT identity_id), total(length(vector)) FROM embedding").fetchone()
        print(version, *rows, c.execute("PRAGMA integrity_check").fetchone()[0])
      """
    let rows = "20000 500 5120000.0 ok"
    // How long a whole one takes.
    let whole = folder.path + "/whole"
    try FileManager.default.copyItem(atPath: original, toPath: whole)
    let started = ContinuousClock.now
    #expect(try CommandRun.likeness("identities", whole, "--json").status == 0)
    let duration = Double((ContinuousClock.now - started) / .microseconds(1))
    let migrated = try python(state, whole)
    #expect(!migrated.hasPrefix("1 ") && migrated.hasSuffix(" \(rows)"))
    #expect(try python(state, whole + ".v1-backup") == "1 \(rows)")

    var random = Seeded(77)
    var versions: Set<String> = []
    for round in 0..<16 {
      let path = folder.path + "/killed\(round)"
      try FileManager.default.copyItem(atPath: original, toPath: path)
      let output = folder.path + "/out\(round)"
      let process = try CommandRun.start(
        CommandRun.likeness, ["identities", path, "--json"], output: output, errors: output + ".err")
      usleep(UInt32(random.uniform(0.05, 1.05) * duration))
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      let found = try python(state, path)
      versions.insert(String(found.prefix(1)))
      #expect(found == "1 \(rows)" || found == migrated, "round \(round)")
      // A copy that has its name is whole.
      let copy = path + ".v1-backup"
      if FileManager.default.fileExists(atPath: copy) { #expect(try python(state, copy) == "1 \(rows)") }
      if found == migrated { #expect(FileManager.default.fileExists(atPath: copy)) }
      #expect(try CommandRun.likeness("identities", path, "--json").status == 0)
      #expect(try python(state, path) == migrated)
    }
    #expect(versions.contains("1"), "no kill came before the end")
  }
}
