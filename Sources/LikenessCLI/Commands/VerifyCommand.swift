import ArgumentParser
import Foundation
import Likeness

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Proves that a gallery is sound, line by line, or says what is not.",
    discussion: """
      Looks at every page and every row, compares the index with the rows, and tries searches beside a comparison with every
      row. Changes nothing. Ends with exit code 1 if anything is wrong; each finding names the command that mends it.
      """)

  @OptionGroup var gallery: GalleryArgument

  @OptionGroup var searches: SampleOptions
  @OptionGroup var index: IndexOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let store = try gallery.openToLook(index)
    let bar = ProgressBar("Verifying", unit: "rows")
    let verification = try store.verify(sample: searches.sample, seed: searches.seed) {
      bar.update($0.completed, of: $0.total)
    }
    bar.finish()
    if output.json { try Console.printJSON(verification) } else { Console.print(verification.text) }
    if !verification.isSound { throw ExitCode.failure }
  }
}
