import Foundation
import Testing

@Suite("What the command does where the system lets it have little")
struct ProcessLimitTests {
  private func files(_ gallery: SmallGallery) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: gallery.folder.path).sorted()
  }

  @Test("too few files that may be open at once are a sentence, unless more may be had", arguments: [4, 8, 12, 31])
  func openFiles(count: Int) throws {
    let gallery = try SmallGallery(["Ada": [1, 2]])
    func info(_ limit: String) throws -> CommandRun {
      try CommandRun.run("/bin/sh", ["-c", "\(limit); exec \(CommandRun.likeness) info \(gallery.path)"])
    }
    let refused = try info("ulimit -n \(count)")
    #expect(refused.status == 1 && refused.output.isEmpty)
    #expect(refused.errors == "likeness: too few file descriptors (ulimit -n \(count)): allow at least 64\n")
    #expect(try info("ulimit -S -n \(count)").status == 0)
    #expect(try info("ulimit -n 64").status == 0)
  }

  @Test(
    "a file that would become too large is a sentence, and leaves nothing of itself",
    arguments: [
      "backup GALLERY FOLDER/copy.gallery", "export GALLERY FOLDER/out.jsonl", "export GALLERY FOLDER/out.npy",
      "import FOLDER/new.gallery FOLDER/small.jsonl --embedder e",
    ])
  func fileSize(command: String) throws {
    let vector = (0..<16_384).map { Float($0) / 7 }
    let gallery = try SmallGallery(["Ada": vector, "Grace": vector])
    let before = try files(gallery)
    let arguments = command.replacing("GALLERY", with: gallery.path).replacing("FOLDER", with: gallery.folder.path)
    // 51,200 bytes: an empty gallery has more, so does either vector.
    let run = try CommandRun.run("/bin/sh", ["-c", "ulimit -f 100; exec \(CommandRun.likeness) \(arguments)"])
    #expect(run.status == 1 && run.output.isEmpty, "\(run.status)")
    #expect(run.errors.hasPrefix("likeness: ") && run.errors.contains("51200 bytes"), "\(run.errors)")
    #expect(run.errors.contains("ulimit -f"), "\(run.errors)")
    // A gallery that was begun is an empty file, which any other run may go on with. What was noted of a copy, and struck
    // off again, is in the gallery's log where there was no room for it in the file.
    let left = try files(gallery).filter { name in
      !name.hasPrefix("new.gallery") && !["-wal", "-shm"].contains { name.hasSuffix($0) }
    }
    #expect(left == before)
    #expect(try CommandRun.likeness("verify", gallery.path).status == 0)
    let (new, rows) = (gallery.folder.path + "/new.gallery", gallery.folder.path + "/small.jsonl")
    #expect(try CommandRun.likeness("import", new, rows, "--embedder", "e").status == 0)
  }
}
