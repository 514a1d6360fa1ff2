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

@Suite("Where files go that the command writes")
struct DestinationTests {
  /// Those that this process was not started to ignore, and its children with it.
  private static let signals = [SIGINT, SIGTERM, SIGHUP].filter { number in
    let before = signal(number, SIG_DFL)
    signal(number, before)
    return unsafeBitCast(before, to: Int.self) != unsafeBitCast(SIG_IGN, to: Int.self)
  }

  private func isPipe(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO
  }

  private func files(_ folder: TemporaryFolder) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
  }

  @Test("an export to stdout or another pipe is the file, and nothing but the file")
  func pipes() throws {
    let gallery = try SmallGallery(["Ada": [1, 2]])
    let rows = "identity,v0,v1\r\nAda,1.0,2.0\r\n"
    let piped = try gallery.shell("export \(gallery.path) /dev/stdout --format csv | cat")
    #expect(piped.output == rows && piped.errors.contains("exported 1 embedding"), "\(piped.errors)")
    let redirected = try gallery.shell("export \(gallery.path) /dev/stdout --format csv --json")
    #expect(redirected.output == rows && redirected.errors.contains("\"exported\" : 1"), "\(redirected.errors)")
    let other = try gallery.shell("export \(gallery.path) /dev/fd/5 --format csv 5>\(gallery.folder.path)/five")
    #expect(other.output.contains("exported 1 embedding"))
    #expect(try String(contentsOfFile: gallery.folder.path + "/five", encoding: .utf8) == rows)
    let pipe = gallery.folder.path + "/pipe"
    #expect(mkfifo(pipe, 0o600) == 0)
    let named = try CommandRun.run(
      "/bin/sh", ["-c", "cat \(pipe) & \(CommandRun.likeness) export \(gallery.path) \(pipe) --format csv >&2; wait"])
    #expect(named.output == rows, "\(named.errors)")
    #expect(isPipe(pipe))
  }

  @Test("what cannot be written front to back, or has no place for names, is refused at a pipe before it waits for one")
  func unfit() throws {
    let gallery = try SmallGallery(["Ada": [1, 2]])
    let pipe = gallery.folder.path + "/pipe"
    #expect(mkfifo(pipe, 0o600) == 0)
    for (arguments, word) in [
      (["export", gallery.path, pipe, "--format", "npy"], "known at its end"),
      (["export", gallery.path, pipe, "--format", "fvecs"], "--names"),
      (["backup", gallery.path, pipe, "--force"], "no file can take its place"),
      (["export", gallery.path, gallery.folder.path, "--format", "csv"], "is a folder"),
      (["train", "faces", "--data", gallery.folder.path, "--out", pipe], "no file can take its place"),
    ] {
      let run = try CommandRun.run(CommandRun.likeness, arguments)
      #expect(run.status == 1 && run.errors.contains(word), "\(arguments): \(run.errors)")
      #expect(isPipe(pipe))
    }
    #expect(try files(gallery.folder) == ["pipe", "small.gallery", "small.jsonl"])
  }

  @Test("a file may have a name of one character, or a blank for one")
  func shortNames() throws {
    let gallery = try SmallGallery(["Ada": [1, 2]])
    for name in ["x", " ", "é"] {
      for command in ["export small.gallery '\(name)' --format csv", "backup small.gallery '\(name)2'"] {
        let run = try CommandRun.run(
          "/bin/sh", ["-c", "cd '\(gallery.folder.path)' && exec \(CommandRun.likeness) \(command)"])
        #expect(run.status == 0, "\(command): \(run.errors)")
      }
      #expect(try VectorFile.reader(path: gallery.folder.path + "/" + name, format: .csv).next()?.identity == "Ada")
    }
  }

  @Test("a symbolic link stays, and what it leads to is replaced, or made")
  func links() throws {
    let gallery = try SmallGallery(["Ada": [1, 2]])
    let folder = gallery.folder.path
    try FileManager.default.createDirectory(atPath: folder + "/far", withIntermediateDirectories: true)
    try Data("identity,v0\nold,1\n".utf8).write(to: URL(fileURLWithPath: folder + "/far/there.csv"))
    for name in ["there.csv", "made.csv", "copy.gallery"] {
      let link = folder + "/" + name
      try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "far/" + name)
      let command = name.hasSuffix("csv") ? "export" : "backup"
      let run = try CommandRun.likeness(command, gallery.path, link)
      #expect(run.status == 0, "\(run.errors)")
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "far/" + name)
      let attributes = try FileManager.default.attributesOfItem(atPath: folder + "/far/" + name)
      #expect(attributes[.type] as? FileAttributeType == .typeRegular)
    }
    #expect(try VectorTable(path: folder + "/far/there.csv").values == [1, 2])
    #expect(try CommandRun.likeness("info", folder + "/far/copy.gallery").status == 0)
    try FileManager.default.createSymbolicLink(atPath: folder + "/circle.csv", withDestinationPath: "circle.csv")
    let run = try CommandRun.likeness("export", gallery.path, folder + "/circle.csv")
    #expect(run.status == 1 && run.errors.contains("leads nowhere"))
  }

  @Test("a command that is interrupted leaves no unfinished file, and ends by the signal", arguments: signals)
  func interrupted(signal: Int32) throws {
    let gallery = try SmallGallery(["Ada": [1, 2]])
    let folder = gallery.folder
    let pipe = folder.path + "/pipe"
    #expect(mkfifo(pipe, 0o600) == 0)
    // It begins the file of names, and waits for somebody to read the pipe: there it is met.
    let process = try CommandRun.start(
      CommandRun.likeness,
      ["export", gallery.path, folder.path + "/out.fvecs", "--names", pipe], output: folder.path + "/out",
      errors: folder.path + "/err")
    while process.isRunning, try !files(folder).contains(where: { $0.contains(".partial-") }) { usleep(1_000) }
    #expect(process.isRunning)
    kill(process.processIdentifier, signal)
    process.waitUntilExit()
    #expect(process.terminationReason == .uncaughtSignal && process.terminationStatus == signal)
    #expect(try !files(folder).contains { $0.contains(".partial-") || $0 == "out.fvecs" })
  }

  @Test("what a killed command left goes with the next that writes there; what is being written stays, also elsewhere")
  func rubbish() throws {
    let gallery = try SmallGallery(["Ada": [1, 2]])
    let folder = gallery.folder
    let pipe = folder.path + "/pipe"
    #expect(mkfifo(pipe, 0o600) == 0)
    func start() throws -> Process {
      let before = try files(folder).count { $0.contains(".partial-") }
      let process = try CommandRun.start(
        CommandRun.likeness,
        ["export", gallery.path, folder.path + "/out.fvecs", "--names", pipe], output: folder.path + "/out",
        errors: folder.path + "/err")
      while process.isRunning, try files(folder).count(where: { $0.contains(".partial-") }) == before { usleep(1_000) }
      return process
    }
    let killed = try start()
    kill(killed.processIdentifier, SIGKILL)
    killed.waitUntilExit()
    let left = try files(folder).filter { $0.contains(".partial-") }
    #expect(left.count == 1)
    let system = try #require(left.first?.split(separator: "-").dropFirst().dropFirst().first)
    // Of a container that shares the folder nobody here knows which processes there are.
    let alive = [
      "out.fvecs.partial-\(getpid())-\(system)-0123ABCD", "out.fvecs.partial-99999999-fedcba98-0123ABCD",
    ].sorted()
    let forsaken = "out.fvecs.partial-\(getpid())-fedcba98-89ABCDEF"
    for name in alive + [forsaken] { try Data().write(to: URL(fileURLWithPath: folder.path + "/" + name)) }
    let hours = Date(timeIntervalSinceNow: -7_000)
    try FileManager.default.setAttributes([.modificationDate: hours], ofItemAtPath: folder.path + "/" + forsaken)
    let run = try CommandRun.likeness("export", gallery.path, folder.path + "/out.fvecs")
    #expect(run.status == 0, "\(run.errors)")
    #expect(try files(folder).filter { $0.contains(".partial-") }.sorted() == alive)
  }
}
