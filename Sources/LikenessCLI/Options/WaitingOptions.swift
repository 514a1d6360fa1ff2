import ArgumentParser
import Likeness

/// How long a command waits for others who use a gallery.
struct WaitingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How long to wait for another process that writes to the gallery; 5 by default.", valueName: "seconds"))
  var busyTimeout: Double?

  func validate() throws {
    guard busyTimeout.map({ (0...86_400).contains($0) }) ?? true else {
      throw ValidationError("--busy-timeout must be from 0 to 86400 seconds.")
    }
  }

  func apply(to configuration: inout GalleryConfiguration) {
    if let busyTimeout { configuration.busyTimeout = busyTimeout }
  }
}
