import ArgumentParser
import Likeness

/// How a command that asks the index has it built.
struct IndexOptions: ParsableArguments {
  @Flag(
    name: .long,
    help: "Keep the exact vectors in a file beside the gallery, gone with the command, instead of in memory.")
  var compact = false

  @Option(help: ArgumentHelp("Threads to build the index with; by default one a processor.", valueName: "count"))
  var threads: Int?

  func validate() throws {
    guard threads.map({ (1...1_024).contains($0) }) ?? true else {
      throw ValidationError("--threads must be from 1 to 1024.")
    }
  }

  /// The configuration that asks for it.
  var configuration: GalleryConfiguration {
    var configuration = GalleryConfiguration()
    configuration.compact = compact
    configuration.threads = threads
    return configuration
  }
}
