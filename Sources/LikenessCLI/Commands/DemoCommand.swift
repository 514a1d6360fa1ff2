import ArgumentParser
import Foundation

struct DemoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Trains on some people, enrolls others, and asks who further pictures of those show.",
    discussion: """
      Leaves in the folder given with --out: faces.model, gallery.db, report.html (a page that needs nothing else), roc.svg.
      """)

  @Option(help: "A folder of folders of faces: one folder a person.", completion: .directory)
  var faces: String

  @Option(help: "Where to leave the model, the gallery and the report.", completion: .directory)
  var out = "demo"

  @Option(help: "How many people to keep from the training and to enroll.")
  var unseen = 10

  @Option(help: "The seed of the split and of the training.")
  var seed: UInt64 = 1

  @OptionGroup var output: OutputOptions

  func validate() throws {
    try Seed.check(seed)
    guard unseen >= 2 else { throw ValidationError("--unseen must be at least 2.") }
  }

  func run() throws {
    let line = try DemoLine(faces: faces, out: out, unseen: unseen, seed: seed)
    let outcome = try line.run()
    let report = DemoReport(outcome: outcome)
    try report.text.write(toFile: outcome.reportPath, atomically: true, encoding: .utf8)
    try report.roc.file.write(toFile: "\(out)/roc.svg", atomically: true, encoding: .utf8)
    if output.json { return try Console.printJSON(outcome.summary) }
    Console.print(outcome.text)
  }
}
