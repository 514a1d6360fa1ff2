import ArgumentParser
import Likeness

struct MergeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge", abstract: "Moves all embeddings of one identity to another, and removes the first.")

  @OptionGroup var gallery: GalleryArgument

  @Argument(help: "The identity that goes.")
  var name: String

  @Argument(help: "The identity that stays.")
  var target: String

  @OptionGroup var output: OutputOptions

  private struct Merged: Encodable {
    var from: String
    var into: String
    var embeddings: Int
  }

  func run() throws {
    let store = try gallery.open()
    try store.merge(name, into: target)
    let count = try store.embeddings(of: target).count
    if output.json { return try Console.printJSON(Merged(from: name, into: target, embeddings: count)) }
    Console.print("\(name.printable()) is part of \(target.printable()) now, which has \(counted(count, "embedding"))")
  }
}
