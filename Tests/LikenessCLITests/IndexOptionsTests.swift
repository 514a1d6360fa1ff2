import Foundation
import Testing

@Suite("How the index is built and what it holds, through the built command")
struct IndexOptionsTests {
  @Test("info tells the index's bytes by part, which add up, and how it was built")
  func info() throws {
    let gallery = try EnrolledGallery()
    let run = try CommandRun.likeness("info", gallery.path, "--threads", "1", "--json")
    #expect(run.status == 0, "\(run.errors)")
    let json = try run.json()
    #expect(json["embeddings"] as? Int == 9)
    let index = try #require(json["index"] as? [String: Any])
    let bytes = try #require(index["bytes"] as? [String: Int])
    #expect(Set(bytes.keys) == ["vectors", "mapped", "codes", "links", "ids", "other", "total"])
    #expect(bytes["total"] == ["vectors", "codes", "links", "ids", "other"].reduce(0) { $0 + (bytes[$1] ?? 0) })
    #expect(index["bytes_per_vector"] as? Int == (bytes["total"] ?? 0) / 9)
    let parameters = try #require(index["parameters"] as? [String: Any])
    #expect(parameters["threads"] as? Int == 1)
    #expect(parameters["compact"] as? Bool == false)
    #expect(parameters.keys.sorted() == ["M", "compact", "ef_construction", "exact_below", "seed", "threads"])

    let text = try CommandRun.likeness("info", gallery.path, "--threads", "1")
    #expect(text.output.contains("bytes a vector: vectors "))
    #expect(text.output.contains("M 16, efConstruction 200, seed 1, exact up to 8928, 1 thread\n"))
  }

  @Test("a compact index keeps its vectors in a mapped file, answers the same, and leaves nothing behind")
  func compact() throws {
    let gallery = try EnrolledGallery()
    let run = try CommandRun.likeness("info", gallery.path, "--compact", "--json")
    #expect(run.status == 0, "\(run.errors)")
    let bytes = try #require((run.json()["index"] as? [String: Any])?["bytes"] as? [String: Int])
    #expect(bytes["vectors"] == 0)
    #expect((bytes["mapped"] ?? 0) >= 9 * 32 * 4)
    let files = try FileManager.default.contentsOfDirectory(atPath: gallery.folder.path).sorted()
    for ef in ["1", "200"] {
      let answer = try CommandRun.likeness("query", gallery.path, "id:4", "--ef", ef, "--json")
      let compact = try CommandRun.likeness("query", gallery.path, "id:4", "--ef", ef, "--compact", "--json")
      #expect(answer.status == 0, "\(answer.errors)")
      #expect(compact.output == answer.output)
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: gallery.folder.path).sorted() == files)
  }

  @Test("options that make no sense are refused", arguments: [["--threads", "0"], ["--ef", "0"]])
  func refusals(_ option: [String]) throws {
    let folder = try TemporaryFolder()
    let run = try CommandRun.likeness("query", folder.path + "/gallery.db", "id:1", option[0], option[1])
    #expect(run.status != 0)
    #expect(run.errors.contains("\(option[0]) must be "), "\(run.errors)")
  }
}
