import ArgumentParser
import Foundation
import LikenessEmbedders
import LikenessTraining

struct ModelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model",
    abstract: "Shows what a model says of itself, or writes it for other programs.",
    subcommands: [ModelCardCommand.self, ModelExportCommand.self])
}

struct ModelCardCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "card", abstract: "Prints a model's card: its data, its training, its figures, as JSON.")

  @Argument(help: "The model file.", completion: .file())
  var model: String

  @OptionGroup var output: OutputOptions

  func run() throws {
    let embedder = try ModelFile(path: model).makeEmbedder()
    guard
      let card = try? JSONSerialization.jsonObject(
        with: Data(embedder.specification.card.utf8), options: .fragmentsAllowed)
    else {
      throw CommandFailure("\(model): the model's card is no JSON: train the model again, or take a sound copy of it")
    }
    if let card = card as? [String: Any], card.isEmpty {
      throw CommandFailure("\(model): the model has no card: those that trainings write have one")
    }
    let text = try JSONSerialization.data(
      withJSONObject: card, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes, .fragmentsAllowed])
    Console.printDocument(String(decoding: text, as: UTF8.self))
  }
}

struct ModelExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Writes a model of pictures as an ONNX file, one of words as word2vec text.",
    discussion: """
      A model of pictures is written as .onnx, decoded pixels in, embedding out. Input 'pixels': uint8 \
      [n, height, width, channels] of any size, luma or RGB as the model takes them. Output 'embedding': float32 [n, dimension]. Cropping, resampling, normalisation, framing, \
      committee and views are in the graph. A model of words is written as .txt, a word and its vector a line. Those of \
      captions and series are written in neither. Every model file itself is a safetensors file, which other programs read \
      as it is.
      """)

  @Argument(help: "The model file.", completion: .file())
  var model: String

  @Argument(help: "The file to write, .onnx or .txt.", completion: .file(extensions: ["onnx", "txt"]))
  var file: String

  @OptionGroup var output: OutputOptions

  private struct Summary: Encodable {
    var model: String
    var file: String
    var bytes: Int
    var dimension: Int
    /// Of a model of pictures.
    var channels: Int?
    /// Of a model of words.
    var words: Int?
  }

  func validate() throws {
    guard ["onnx", "txt"].contains((file as NSString).pathExtension.lowercased()) else {
      throw ValidationError("The file to write must end in .onnx, or in .txt for a model of words.")
    }
  }

  func run() throws {
    try OutputPlace.checkFile(file, for: "the export")
    let embedder = try ModelFile(path: model).makeEmbedder()
    let summary: Summary
    switch ((file as NSString).pathExtension.lowercased(), embedder) {
    case ("onnx", let embedder as ImageEmbedder):
      let bytes = embedder.onnx()
      try AtomicFile.write(bytes, to: file)
      summary = Summary(
        model: model, file: file, bytes: bytes.count, dimension: embedder.specification.dimension,
        channels: embedder.preprocessing.colour.channels)
    case ("txt", let embedder as WordEmbedder):
      try Word2VecText.write(embedder.model, to: file)
      let size = try FileManager.default.attributesOfItem(atPath: file)[.size] as? NSNumber
      summary = Summary(
        model: model, file: file, bytes: size?.intValue ?? 0, dimension: embedder.specification.dimension,
        words: embedder.model.words.count)
    default: throw CommandFailure("\(model): \(try Self.refusal(of: embedder))")
    }
    if output.json { return try Console.printJSON(summary) }
    let what = summary.channels.map { "pixels of \(counted($0, "channel")) in" } ?? counted(summary.words ?? 0, "word")
    Console.print("\(file): \(summary.bytes >> 10) KB, \(what), \(summary.dimension) values out")
  }

  /// Why a model is not written in the format that was asked for.
  private static func refusal(of embedder: any ModelEmbedder) throws -> String {
    switch embedder {
    case is ImageEmbedder: "a model of pictures has no vectors of its own to list: write it as .onnx"
    case is WordEmbedder: "a model of words is a list of vectors, not a network: write it as .txt, word2vec text"
    default:
      "a model of \(try Kinds.kind(of: embedder).inputs) is written neither as ONNX nor as word2vec text: other programs "
        + "read its file as safetensors, and the embeddings it made with 'likeness export GALLERY'"
    }
  }
}
