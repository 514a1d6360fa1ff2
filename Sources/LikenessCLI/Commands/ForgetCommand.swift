import ArgumentParser
import Likeness

struct ForgetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "forget", abstract: "Removes an identity, and every byte of its vectors.")

  @OptionGroup var gallery: GalleryArgument

  @Argument(help: "The identity's name.")
  var name: String

  @OptionGroup var output: OutputOptions

  func run() throws {
    let receipt = try gallery.open().forget(name)
    if output.json { return try Console.printJSON(receipt) }
    Console.print(receipt.text)
  }
}
