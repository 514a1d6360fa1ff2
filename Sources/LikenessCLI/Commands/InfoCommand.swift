import ArgumentParser
import Likeness

struct InfoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "info", abstract: "Says what a gallery holds, and what is wrong with it.")

  @OptionGroup var gallery: GalleryArgument
  @OptionGroup var index: IndexOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let info = try gallery.open(index).info()
    if output.json { return try Console.printJSON(info) }
    Console.print(info.text)
  }
}
