import ArgumentParser
import Foundation
import Likeness

struct BackupCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backup",
    abstract: "Copies a gallery, while it is in use, into one verified file.",
    discussion: """
      The copy is read whole and compared with the gallery before it gets its name. People who are forgotten later are in it
      still: 'likeness forget' says so, and works on the copy as well.
      """)

  @OptionGroup var gallery: GalleryArgument

  @Argument(help: "The copy's path.", completion: .file())
  var destination: String

  @Flag(name: .long, help: "Replace a file that is there.")
  var force = false

  @OptionGroup var output: OutputOptions

  func run() throws {
    let store = try gallery.open()
    let bar = ProgressBar("Copying", unit: "pages")
    let receipt = try store.backup(to: destination, replacing: force) { bar.update($0.completed, of: $0.total) }
    bar.finish()
    if output.json { return try Console.printJSON(receipt) }
    Console.print(
      "\(receipt.path): \(counted(receipt.identities, "identity", "identities")), "
        + "\(counted(receipt.embeddings, "embedding")), \(Bytes.text(receipt.bytes)), read back and compared, in "
        + String(format: "%.1f s", receipt.seconds))
    Console.print("its rows have the SHA-256 \(receipt.contentSHA256)")
  }
}
