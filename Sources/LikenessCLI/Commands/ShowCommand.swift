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
    var identity: Exact<Identity>
    var embeddings: [Exact<Embedding>]
  }

  /// What the library gives, with attributes to the last digit where they can be read.
  private struct Exact<Value: Encodable>: Encodable {
    var value: Value
    var attributes: ExactJSON?

    private enum CodingKeys: String, CodingKey { case attributes }

    func encode(to encoder: any Encoder) throws {
      try value.encode(to: encoder)
      guard let attributes else { return }
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(attributes, forKey: .attributes)
    }
  }

  func run() throws {
    let store = try gallery.open()
    guard let identity = try store.identity(named: name) else { throw GalleryError.unknownIdentity(name: name) }
    let embeddings = try store.embeddings(of: name)
    let written = try store.writtenAttributes(of: name)
    let attributes = ExactJSON(written.identity)
    if output.json {
      return try Console.printJSON(
        Shown(
          identity: Exact(value: identity, attributes: attributes),
          embeddings: embeddings.map {
            Exact(value: $0, attributes: written.embeddings[$0.id].flatMap(ExactJSON.init))
          }))
    }
    Console.print("\(identity.name.printable()), \(counted(embeddings.count, "embedding"))")
    let members = attributes?.members.mapValues(\.text) ?? identity.attributes.mapValues(\.text)
    for (key, value) in members.sorted(by: { $0.key < $1.key }) {
      Console.print("  \(key): \(value)".printable())
    }
    var table = TextTable([("embedding", .right), ("enrolled", .left), ("source", .left)])
    for one in embeddings { table.append(["\(one.id.rawValue)", one.createdAt, one.source ?? ""]) }
    Console.print(table.text)
  }
}
