import ArgumentParser
import Foundation
import Likeness

struct RestoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore",
    abstract: "Makes a gallery what a copy of it is.",
    discussion: """
      The copy is checked first, page by page and row by row, put in place in one transaction, read back and compared;
      programs that have the gallery open go on with the copy's rows. What cannot be opened any more, or is of a newer
      schema version, is renamed, not written to.
      """)

  @Argument(help: "The copy, which stays as it is.", completion: .file())
  var copy: String

  @OptionGroup var gallery: GalleryArgument

  @Flag(name: .long, help: "Replace a gallery that is there.")
  var force = false

  @Flag(help: "Take a copy with rows at fault, which verify names, as it is.")
  var acceptFaults = false

  @OptionGroup var output: OutputOptions

  func run() throws {
    let bar = ProgressBar("Restoring", unit: "pages")
    let receipt = try Gallery.restore(
      from: copy, to: gallery.path, replacing: force, acceptingFaults: acceptFaults,
      configuration: gallery.configuration()
    ) {
      bar.update($0.completed, of: $0.total)
    }
    bar.finish()
    if output.json { return try Console.printJSON(receipt) }
    Console.print(
      "\(receipt.gallery): \(counted(receipt.identities, "identity", "identities")) and "
        + "\(counted(receipt.embeddings, "embedding")) of \(receipt.copy), "
        + (receipt.isCompared ? "read back and compared" : "not compared, as another program wrote to it right after"))
    Console.print("its rows have the SHA-256 \(receipt.contentSHA256)")
    if let aside = receipt.damagedFile {
      Console.print("what was there is \(aside) now, as it was: \(receipt.asideReason ?? "it could not be opened")")
    }
  }
}
