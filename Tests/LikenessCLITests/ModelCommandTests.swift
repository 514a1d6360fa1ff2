import Foundation
import Testing

@Suite("What a model says of itself, and its export")
struct ModelCommandTests {
  @Test(
    "every kind's card is printed, and a kind that a format is not for is refused truthfully",
    arguments: [TrainingKind.words, .series, .captions, .pictures])
  func kinds(_ kind: TrainingKind) throws {
    let line = try TrainingKind.Line(kind)
    let model = line.path("m")
    let trained = try CommandRun.run(CommandRun.likeness, line.arguments(model))
    try #require(trained.status == 0, "\(trained.errors)")
    let card = try CommandRun.likeness("model", "card", model)
    #expect(card.status == 0, "\(card.errors)")
    #expect((try card.json()["date"] as? String)?.count == 10)
    let hashes = try card.json()["identitiesSHA256"] as? [String] ?? []
    #expect(hashes.isEmpty == (kind == .words))
    if kind == .series {
      let (all, aside) = (try card.json()["moments"] as? Int ?? 0, try card.json()["validation_moments"] as? Int ?? 0)
      #expect(aside > 0 && aside < all)
      #expect(try trained.json()["validation_moments"] as? Int == aside)
    }

    let (network, list) = (line.path("m.onnx"), line.path("m.txt"))
    let onnx = try CommandRun.likeness("model", "export", model, network)
    #expect(onnx.status == (kind == .pictures ? 0 : 1), "\(onnx.errors)")
    let text = try CommandRun.likeness("model", "export", model, list, "--json")
    #expect(text.status == (kind == .words ? 0 : 1), "\(text.errors)")
    #expect(FileManager.default.fileExists(atPath: network) == (kind == .pictures))
    #expect(FileManager.default.fileExists(atPath: list) == (kind == .words))
    switch kind {
    case .words:
      #expect(onnx.errors.contains(".txt"), "\(onnx.errors)")
      let first = try String(contentsOfFile: list, encoding: .utf8).prefix { $0 != "\n" }
      #expect(first == "\(try text.json()["words"] as? Int ?? 0) 8")
    case .pictures: #expect(text.errors.contains(".onnx"), "\(text.errors)")
    default:
      for refusal in [onnx, text] { #expect(refusal.errors.contains("safetensors"), "\(refusal.errors)") }
    }
  }

  @Test("a report of a training that set nobody aside does not say that it did")
  func nobodyAside() throws {
    let faces = try TrainingKind.Line(.faces)
    let run = try CommandRun.run(
      CommandRun.likeness, faces.arguments(faces.path("m")) + ["--validation", "0", "--report", faces.path("r")])
    try #require(run.status == 0, "\(run.errors)")
    let page = try String(contentsOfFile: faces.path("r/report.html"), encoding: .utf8)
    #expect(!page.contains("a first network set") && page.contains("None were set aside"))

    let captions = try TrainingKind.Line(.captions)
    let other = try CommandRun.run(
      CommandRun.likeness,
      captions.arguments(captions.path("m")) + ["--validation", "0", "--report", captions.path("r")])
    try #require(other.status == 0, "\(other.errors)")
    let text = try String(contentsOfFile: captions.path("r/report.html"), encoding: .utf8)
    #expect(!text.contains("was steered by concepts") && text.contains("No concepts were set aside"))
  }
}
