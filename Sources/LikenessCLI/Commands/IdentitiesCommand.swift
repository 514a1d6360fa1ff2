import ArgumentParser
import Likeness

struct IdentitiesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "identities", abstract: "Lists who is enrolled, with the number of embeddings each.")

  @OptionGroup var gallery: GalleryArgument
  @OptionGroup var output: OutputOptions

  func run() throws {
    let identities = try gallery.open().identities()
    if output.json { return try Console.printJSON(identities) }
    var table = TextTable([("identity", .left), ("embeddings", .right)])
    for identity in identities { table.append([identity.name, "\(identity.embeddings)"]) }
    Console.print(table.text)
  }
}
