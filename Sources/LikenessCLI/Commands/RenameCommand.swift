import ArgumentParser
import Likeness

struct RenameCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "rename", abstract: "Gives an identity another name.")

  @OptionGroup var gallery: GalleryArgument

  @Argument(help: "The present name.")
  var name: String

  @Argument(help: "The new name; no identity may have it yet (see merge).")
  var newName: String

  @OptionGroup var output: OutputOptions

  private struct Renamed: Encodable {
    var from: String
    var to: String
  }

  func run() throws {
    try gallery.open().rename(name, to: newName)
    if output.json { return try Console.printJSON(Renamed(from: name, to: newName)) }
    Console.print("\(name) is now called \(newName)".printable())
  }
}
