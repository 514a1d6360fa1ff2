import ArgumentParser
import Foundation
import Likeness

struct CompactCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compact", abstract: "Makes a gallery as small as its rows, and gives the room back.")

  @OptionGroup var gallery: GalleryArgument
  @OptionGroup var output: OutputOptions

  func run() throws {
    let report = try gallery.open().compact()
    if output.json { return try Console.printJSON(report) }
    Console.print(
      "\(report.path): \(Bytes.text(max(0, report.bytesFreed))) freed, from \(Bytes.text(report.bytesBefore)) to "
        + "\(Bytes.text(report.bytesAfter)), in \(String(format: "%.1f s", report.seconds))")
    if report.changesPruned > 0 {
      Console.print("\(counted(report.changesPruned, "entry", "entries")) of the change log dropped")
    }
    if report.checksumsGiven > 0 {
      Console.print("\(counted(report.checksumsGiven, "vector")) of another hand given a checksum")
    }
    if report.erasurePending { Console.print("an erasure is pending: a reader is in the way; run it again") }
  }
}
