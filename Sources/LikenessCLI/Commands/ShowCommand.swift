import ArgumentParser
import Likeness

struct ShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Shows an identity: its attributes and its embeddings.")

  @OptionGroup var gallery: GalleryArgument

  @Argument(help: "The identity's name.")
  var name: String

  @OptionGroup var output: OutputOptions

  private struct Shown: Encodable {
    var identity: Identity
    var embeddings: [Embedding]
  }

  func run() throws {
    let store = try gallery.open()
    guard let identity = try store.identity(named: name) else { throw GalleryError.unknownIdentity(name: name) }
    let shown = Shown(identity: identity, embeddings: try store.embeddings(of: name))
    if output.json { return try Console.printJSON(shown) }
    Console.print("\(identity.name.printable()), \(counted(shown.embeddings.count, "embedding"))")
    for (key, value) in identity.attributes.sorted(by: { $0.key < $1.key }) {
      Console.print("  \(key): \(value.text)".printable())
    }
    var table = TextTable([("embedding", .right), ("enrolled", .left), ("source", .left)])
    for one in shown.embeddings { table.append(["\(one.id.rawValue)", one.createdAt, one.source ?? ""]) }
    Console.print(table.text)
  }
}
