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
    let embedder = try ImageEmbedder(modelAt: model)
    let card = try JSONSerialization.jsonObject(with: Data(embedder.specification.card.utf8))
    let text = try JSONSerialization.data(
      withJSONObject: card, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes, .fragmentsAllowed])
    Console.printDocument(String(decoding: text, as: UTF8.self))
  }
}

struct ModelExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Writes a model of pictures as an ONNX file: decoded pixels in, embedding out.",
    discussion: """
      Input 'pixels': uint8 [n, height, width, channels] of any size, luma or RGB as the model takes them. Output \
      'embedding': float32 [n, dimension]. Cropping, resampling, normalisation, framing, committee and views are in the graph. \
      The model file itself is a safetensors file, which other programs read as it is.
      """)

  @Argument(help: "The model file.", completion: .file())
  var model: String

  @Argument(help: "The file to write, .onnx.", completion: .file(extensions: ["onnx"]))
  var file: String

  @OptionGroup var output: OutputOptions

  private struct Summary: Encodable {
    var model: String
    var file: String
    var bytes: Int
    var dimension: Int
    var channels: Int
  }

  func validate() throws {
    guard file.lowercased().hasSuffix(".onnx") else { throw ValidationError("The file to write must end in .onnx.") }
  }

  func run() throws {
    let embedder = try ImageEmbedder(modelAt: model)
    let bytes = embedder.onnx()
    try AtomicFile.write(bytes, to: file)
    let summary = Summary(
      model: model, file: file, bytes: bytes.count, dimension: embedder.specification.dimension,
      channels: embedder.preprocessing.colour.channels)
    if output.json { return try Console.printJSON(summary) }
    Console.print(
      "\(file): \(bytes.count >> 10) KB, pixels of \(summary.channels) channels in, \(summary.dimension) values out")
  }
}
