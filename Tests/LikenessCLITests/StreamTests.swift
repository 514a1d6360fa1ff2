import Foundation
import Testing
import VectorFiles

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite("What the command prints, and what it does where it cannot")
struct StreamTests {
  private static let hasFullDevice = FileManager.default.fileExists(atPath: "/dev/full")

  @Test(
    "a stderr that is full or closed changes neither the exit code nor the answer",
    .enabled(if: hasFullDevice), arguments: ["2>/dev/full", "2>&-"])
  func deafStandardError(redirection: String) throws {
    let gallery = try SmallGallery(["Ada": [1, 2]])
    #expect(try gallery.shell("identities nope.db \(redirection)").status == 1)
    let run = try gallery.shell("identities \(gallery.path) \(redirection)")
    #expect(run.status == 0 && run.output.contains("Ada"))
  }

  @Test(
    "an answer that cannot be written is a failed run that says so", .enabled(if: hasFullDevice),
    arguments: ["identities GALLERY", "identities GALLERY --json", "verify GALLERY", "info GALLERY --json", "--help"])
  func fullOutput(command: String) throws {
    let gallery = try SmallGallery(["Ada": [1, 2]])
    let arguments = command.replacing("GALLERY", with: gallery.path)
    let run = try gallery.shell("\(arguments) >/dev/full")
    #expect(run.status == 1)
    #expect(run.errors == "likeness: the output could not be written: No space left on device\n")
    #expect(try gallery.shell("\(arguments) >&-").status == 1)
  }

  @Test("nothing that is said gets into a file that is opened where a stream was closed")
  func closedStreams() throws {
    let gallery = try SmallGallery(["Ada": [1, 2]])
    let file = gallery.folder.path + "/out.csv"
    _ = try gallery.shell("export \(gallery.path) \(file) <&- >&- 2>&-")
    #expect(try VectorTable(path: file).values == [1, 2])
    #expect(try String(contentsOfFile: file, encoding: .utf8) == "identity,v0,v1\r\nAda,1.0,2.0\r\n")
  }

  @Test("a reader that has seen enough ends the command by SIGPIPE, as it ends others")
  func brokenPipe() throws {
    let gallery = try SmallGallery(["Ada": [1, 2]])
    let run = try CommandRun.run(
      "/bin/sh", ["-c", "(\(CommandRun.likeness) identities \(gallery.path); echo $? >&2) | true"])
    // The reader may have been there long enough.
    #expect(["141\n", "0\n"].contains(run.errors), "\(run.errors)")
  }

  @Test("control characters in names are shown escaped on a terminal, and kept in JSON")
  func controlCharacters() throws {
    let name = "evil\u{1B}[2J\u{9B}31m\nAda\u{202E}"
    let gallery = try SmallGallery([name: [1, 2]])
    for command in ["identities", "query", "show"] {
      var arguments = [command, gallery.path]
      if command == "query" { arguments.append("vector:1,2") }
      if command == "show" { arguments.append(name) }
      let run = try CommandRun.run(CommandRun.likeness, arguments)
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.output.contains("evil\\u{1B}[2J\\u{9B}31m\\u{A}Ada\\u{202E}"), "\(run.output)")
      #expect(!run.output.unicodeScalars.contains { $0.value < 32 && $0 != "\n" || (0x7F..<0xA0).contains($0.value) })
    }
    let json = try CommandRun.likeness("identities", gallery.path, "--json").output
    let list = try #require(JSONSerialization.jsonObject(with: Data(json.utf8)) as? [[String: Any]])
    #expect(list.first?["name"] as? String == name)
    let refused = try CommandRun.likeness("show", gallery.path, "no\u{1B}body")
    #expect(refused.errors.contains("no\\u{1B}body") && !refused.errors.contains("\u{1B}"))
  }

  @Test("small distances keep their digits, and zero has no sign")
  func smallDistances() throws {
    let near = try SmallGallery(["Ada": [0.00002, 0]]).query("vector:0,0")
    #expect(near.output.contains("2e-05"), "\(near.output)")
    let none = try SmallGallery(["Ada": [1, 0]], metric: "dot").query("vector:0,1")
    #expect(none.output.contains(" 0.0000") && !none.output.contains("-0.0000"), "\(none.output)")
  }

  @Test("--max-distance may be negative where near is, and is refused where no distance is")
  func negativeDistances() throws {
    let dot = try SmallGallery(["far": [1, 0], "near": [4, 0]], metric: "dot")
    for form in [["--max-distance", "-3.5"], ["--max-distance=-3.5"]] {
      let run = try dot.query("vector:1,0", form)
      #expect(run.status == 0 && run.output.contains("near") && !run.output.contains("  far"), "\(run.errors)")
    }
    for metric in ["euclidean", "cosine"] {
      let gallery = try SmallGallery(["Ada": [1, 0]], metric: metric)
      let run = try gallery.query("vector:1,0", ["--max-distance", "-3.5"])
      #expect(run.status == 64 && run.output.isEmpty && run.errors.contains("at least 0"), "\(run.errors)")
      #expect(try gallery.query("vector:1,0", ["--max-distance", "0"]).status == 0)
    }
  }

  @Test("--busy-timeout says how long another writer is waited for")
  func busyTimeout() throws {
    try #require(CommandRun.exists("sqlite3"), "the sqlite3 command is needed: make setup installs it")
    let gallery = try SmallGallery(["Ada": [1, 2]])
    let likeness = CommandRun.likeness
    let inside = "\(likeness) rename \(gallery.path) Ada Eve --busy-timeout 0.1 2>&1"
    let run = try CommandRun.run(
      "/bin/sh",
      ["-c", "printf 'BEGIN IMMEDIATE;\\n.shell \(inside)\\nROLLBACK;\\n' | sqlite3 \(gallery.path)"])
    #expect(run.output.contains("within 0.1 s") && run.output.contains("--busy-timeout"), "\(run.output) \(run.errors)")
    #expect(try CommandRun.likeness("info", gallery.path, "--busy-timeout", "1e9").status == 64)
  }
}

/// A gallery of a few vectors, imported.
struct SmallGallery {
  let folder: TemporaryFolder
  var path: String { folder.path + "/small.gallery" }

  init(_ vectors: [String: [Float]], metric: String = "euclidean") throws {
    folder = try TemporaryFolder()
    let file = folder.path + "/small.jsonl"
    let writer = try VectorFile.writer(path: file, dimension: vectors.first?.value.count ?? 1)
    for (name, vector) in vectors { try writer.write(VectorRow(identity: name, vector: vector)) }
    try writer.finish()
    let run = try CommandRun.likeness("import", path, file, "--embedder", "e", "--metric", metric)
    try #require(run.status == 0, "\(run.errors)")
  }

  func query(_ probe: String, _ arguments: [String] = []) throws -> CommandRun {
    try CommandRun.run(CommandRun.likeness, ["query", path, probe] + arguments)
  }

  /// Runs the command by a shell, with what a shell can redirect.
  func shell(_ arguments: String) throws -> CommandRun {
    try CommandRun.run("/bin/sh", ["-c", "exec \(CommandRun.likeness) \(arguments)"])
  }
}
