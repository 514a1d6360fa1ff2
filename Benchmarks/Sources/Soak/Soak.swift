import ArgumentParser
import Foundation
import Likeness

/// Everything at once for as long as you like, and every answer checked.
@main
struct Soak: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "soak",
    abstract: "One writes, others ask: enrols, forgets and edits by SQL, and holds every answer against the rows.")

  @Option(help: "How long, in seconds.") var seconds = 60.0
  @Option(help: "About how many embeddings there are.") var size = 5_000
  @Option(help: "Values in each.") var dimension = 64
  @Option(help: "How many ask.") var askers = 2
  @Option(help: "The most changes a second; 0 for as many as can be.") var changes = 0.0
  @Option(help: "Seconds at the beginning in which memory is not read: until everything has been done a few times.")
  var warmup = 20.0
  @Option var seed: UInt64 = 1
  @Flag(help: "Prints one JSON document.") var json = false

  func run() async throws {
    let folder = NSTemporaryDirectory() + "likeness-soak-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    // A short log, so that it is cut many times, and the file and what is kept of it come to their full size early.
    var configuration = GalleryConfiguration()
    configuration.changeLogLimit = 1_000
    let gallery = try Gallery(path: folder + "/soak.gallery", configuration: configuration)
    try gallery.register(
      EmbedderSpecification(name: "numbers", kind: "vector", dimension: dimension, metric: .euclidean))
    let (dimension, seed) = (self.dimension, self.seed)
    var random = Seeded(seed)
    var truth = Truth(dimension: dimension)
    let rows = (0..<size).map { Enrollment(identity: "first \($0 / 4)", vector: random.vector(dimension)) }
    for (id, row) in zip(try gallery.enroll(rows), rows) {
      truth.set(id, Truth.Row(name: row.identity, vector: row.vector))
    }

    let ledger = Ledger(truth)
    let reports = (0..<askers).map { number in
      Task.detached(priority: .medium) {
        Asker(gallery: gallery, ledger: ledger, dimension: dimension, seed: seed &+ UInt64(number) &+ 100).ask()
      }
    }
    let writer = try Writer(gallery, ledger, truth, size: size, seed: seed &+ 1)
    var memory = MemoryCurve()
    let start = ContinuousClock.now
    var elapsed = 0.0
    var nextReading = 0.0
    var changed = 0
    while elapsed < seconds {
      try writer.changeSomething()
      changed += 1
      let took = (ContinuousClock.now - start).components
      elapsed = Double(took.seconds) + Double(took.attoseconds) / 1e18
      if changes > 0, Double(changed) / changes > elapsed {
        usleep(UInt32((Double(changed) / changes - elapsed) * 1e6))
      }
      if elapsed >= max(nextReading, min(warmup, seconds / 4)) {
        memory.read(at: elapsed)
        nextReading = elapsed + 0.5
      }
    }
    ledger.end()
    var all = Asker.Report()
    for report in reports {
      let one = await report.value
      all.times.add(one.times)
      all.exactTimes.add(one.exactTimes)
      all.wrong += one.wrong
      all.unknown += one.unknown
      all.found += one.found
      all.wanted += one.wanted
      all.notes += one.notes
    }
    try print(Outcome(all, writer, memory, seconds: elapsed, changes: changed, gallery))
    if all.wrong > 0 { throw ExitCode.failure }
  }

  private func print(_ outcome: Outcome) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    Swift.print(json ? String(decoding: try encoder.encode(outcome), as: UTF8.self) : outcome.text)
  }
}
