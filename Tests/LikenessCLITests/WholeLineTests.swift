import Foundation
import Testing

@Suite("The whole line, through the built command")
struct WholeLineTests {
  @Test("train, enroll people never seen, query, forget")
  func wholeLine() throws {
    let trained = try TrainedModel.get()
    #expect(trained.status == 0, "\(trained.errors)")
    let summary = try CommandRun(status: 0, output: trained.output, errors: "").json()
    #expect(summary["dimension"] as? Int == 32)
    let networks = try #require(summary["networks"] as? [[String: Any]])
    #expect(networks.count == 2)
    #expect(networks.allSatisfy { ($0["epochs"] as? [Any])?.count == 3 })

    let strangers = try DrawnFaces(people: 5, pictures: 5, seed: 77, prefix: "stranger")
    // One picture of each is kept for asking.
    let probes = (0..<5).map { strangers.picture($0, 5) }
    let asked = try TemporaryFolder()
    for (person, probe) in probes.enumerated() {
      try FileManager.default.moveItem(atPath: probe, toPath: asked.path + "/\(person).pgm")
    }
    let gallery = asked.path + "/gallery.db"

    let enrolled = try CommandRun.likeness("enroll", gallery, strangers.path, "--model", trained.path, "--json")
    #expect(enrolled.status == 0, "\(enrolled.errors)")
    #expect(try enrolled.json()["enrolled"] as? Int == 20)
    #expect(try enrolled.json()["identities"] as? Int == 5)

    // The gallery alone answers: it carries the model.
    var right = 0
    for person in 0..<5 {
      let answer = try CommandRun.likeness("query", gallery, asked.path + "/\(person).pgm", "-k", "3", "--json")
      #expect(answer.status == 0, "\(answer.errors)")
      let json = try answer.json()
      #expect(json["probe"] as? String == asked.path + "/\(person).pgm")
      #expect((json["gallery_size"] as? [String: Int]) == ["identities": 5, "embeddings": 20])
      #expect(json["found_by"] as? String == "exact")
      let candidates = try #require(json["candidates"] as? [[String: Any]])
      #expect(candidates.count == 3)
      #expect(Set(candidates.compactMap { $0["identity"] as? String }).count == 3)
      let distances = candidates.compactMap { $0["distance"] as? Double }
      #expect(distances == distances.sorted())
      if candidates.first?["identity"] as? String == "stranger\(person + 1)" { right += 1 }
    }
    #expect(right >= 4, "only \(right) of 5 strangers were found first")

    let forgotten = try CommandRun.likeness("forget", gallery, "stranger2", "--json")
    #expect(forgotten.status == 0, "\(forgotten.errors)")
    let after = try CommandRun.likeness("query", gallery, asked.path + "/1.pgm", "-k", "10", "--json")
    let left = try #require(try after.json()["candidates"] as? [[String: Any]])
    #expect(
      left.compactMap { $0["identity"] as? String }.sorted() == ["stranger1", "stranger3", "stranger4", "stranger5"])
    #expect(try after.json()["note"] is String, "a short answer says why")
  }

  @Test("the same seed gives the same model file, byte for byte, on one thread and on two")
  func reproducible() throws {
    let folder = try TemporaryFolder()
    let faces = try DrawnFaces(people: 8, pictures: 6, seed: 11, prefix: "known")
    let one = try TrainedModel.train(on: faces, to: folder.path + "/one", threads: 1)
    #expect(one.status == 0, "\(one.errors)")
    let two = try TrainedModel.train(on: faces, to: folder.path + "/two", threads: 2)
    #expect(two.status == 0, "\(two.errors)")
    let other = try TrainedModel.train(on: faces, to: folder.path + "/other", seed: 6)
    #expect(other.status == 0, "\(other.errors)")
    let bytes = try ["one", "two", "other"].map { try Data(contentsOf: URL(fileURLWithPath: folder.path + "/" + $0)) }
    #expect(bytes[0] == bytes[1])
    #expect(bytes[0] != bytes[2])
  }

  @Test("PCA and Fisherfaces make models that enroll and answer like any other")
  func baselines() throws {
    let folder = try TemporaryFolder()
    let known = try DrawnFaces(people: 6, pictures: 5, seed: 3, prefix: "known")
    let others = try DrawnFaces(people: 3, pictures: 3, seed: 4, prefix: "other")
    for recipe in ["pca", "fisherfaces"] {
      let model = folder.path + "/" + recipe + ".model"
      var arguments = ["train", recipe, "--data", known.path, "--out", model, "--json"]
      if recipe == "pca" { arguments += ["--dimension", "8"] }
      let trained = try CommandRun.run(CommandRun.likeness, arguments)
      #expect(trained.status == 0, "\(trained.errors)")
      let gallery = folder.path + "/" + recipe + ".db"
      let enrolled = try CommandRun.likeness("enroll", gallery, others.path, "--model", model, "--json")
      #expect(enrolled.status == 0, "\(enrolled.errors)")
      // An enrolled picture is its own nearest.
      let answer = try CommandRun.likeness("query", gallery, others.picture(1, 2), "-k", "1", "--json")
      let candidate = try #require((try answer.json()["candidates"] as? [[String: Any]])?.first)
      #expect(candidate["identity"] as? String == "other2")
      #expect(try #require(candidate["distance"] as? Double) < 1e-3)
    }
  }

  @Test("evaluate prints every figure of the protocol with its interval")
  func evaluate() throws {
    let trained = try TrainedModel.get()
    let others = try DrawnFaces(people: 6, pictures: 6, seed: 21, prefix: "other")
    let run = try CommandRun.likeness("evaluate", trained.path, others.path, "--json")
    #expect(run.status == 0, "\(run.errors)")
    let report = try run.json()
    for key in [
      "eer", "tar_at_far_1pct", "tar_at_far_01pct", "rank1_1", "rank1_5", "dir_at_fpir_1pct", "dir_at_fpir_10pct",
      "recall_at_1", "recall_at_5", "map_at_r",
    ] {
      let figure = try #require(report[key] as? [String: Any], "\(key) is missing")
      let value = try #require(figure["value"] as? Double)
      let low = try #require(figure["low"] as? Double)
      let high = try #require(figure["high"] as? Double)
      #expect((0...1).contains(value) && low <= high)
    }
    #expect(report["images"] as? Int == 36)
    #expect(report["identities"] as? Int == 6)
  }

  @Test("a folder enrolled twice is not doubled")
  func enrolledTwice() throws {
    let trained = try TrainedModel.get()
    let folder = try TemporaryFolder()
    let people = try DrawnFaces(people: 2, pictures: 3, seed: 8)
    for (expected, already) in [(6, 0), (0, 6)] {
      let run = try CommandRun.likeness(
        "enroll", folder.path + "/g.db", people.path, "--model", trained.path, "--json")
      #expect(run.status == 0, "\(run.errors)")
      #expect(try run.json()["enrolled"] as? Int == expected)
      #expect(try run.json()["already_enrolled"] as? Int == already)
    }
  }

  @Test("rename, merge, show and identities tell one story")
  func keeping() throws {
    let trained = try TrainedModel.get()
    let folder = try TemporaryFolder()
    let gallery = folder.path + "/g.db"
    let people = try DrawnFaces(people: 3, pictures: 2, seed: 9)
    #expect(try CommandRun.likeness("enroll", gallery, people.path, "--model", trained.path).status == 0)
    #expect(try CommandRun.likeness("rename", gallery, "person1", "Ada").status == 0)
    #expect(try CommandRun.likeness("merge", gallery, "person2", "Ada").status == 0)
    let listed = try CommandRun.likeness("identities", gallery, "--json")
    let rows = try #require(try JSONSerialization.jsonObject(with: Data(listed.output.utf8)) as? [[String: Any]])
    #expect(rows.compactMap { $0["name"] as? String }.sorted() == ["Ada", "person3"])
    let shown = try CommandRun.likeness("show", gallery, "Ada", "--json")
    #expect((try shown.json()["embeddings"] as? [Any])?.count == 4)
    // The pictures of the one who went are answered with the name of the one who stayed.
    let answer = try CommandRun.likeness("query", gallery, people.picture(1, 1), "-k", "1", "--json")
    #expect(((try answer.json()["candidates"] as? [[String: Any]])?.first)?["identity"] as? String == "Ada")
  }
}
