import ArgumentParser
import Foundation
import Likeness

/// How fast a gallery takes vectors, opens, and answers.
@main
struct StoreSpeed: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "store-speed", abstract: "Enrolls random vectors, opens the gallery again, and asks it.")

  @Option(help: "Vectors.") var count = 100_000
  @Option(help: "Values in each.") var dimension = 128
  @Option(help: "Embeddings of an identity.") var each = 5
  @Option(help: "Vectors in a transaction, in bulk.") var batch = 10_000
  @Option(help: "Repetitions, whose median is printed.") var repetitions = 3
  @Option(help: "Opens this gallery, which has to be there, and measures nothing else.") var opening: String?
  @Option(help: "Callers at once, and alone, that enroll one vector after the other.") var callers = 8

  func run() throws {
    if let opening { return try open(opening) }
    let folder = NSTemporaryDirectory() + "likeness-store-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var chance = SystemRandomNumberGenerator()
    let enrollments = (0..<count).map { row in
      Enrollment(
        identity: "identity \(row / each)",
        vector: (0..<dimension).map { _ in Float.random(in: -1...1, using: &chance) }, source: "file \(row)")
    }
    try bulk(enrollments, in: folder)
    try together(enrollments, in: folder)
    try following(enrollments, in: folder)

    var opened: Gallery?
    let opening = try timed { opened = try Gallery(path: folder + "/bulk-0.db") }
    print(String(format: "opening %d and building the index: %.1f s", count, opening))
    let asking = try timed {
      for one in enrollments.prefix(1_000) { _ = try opened?.query(.vector(one.vector), k: 5) }
    }
    print(String(format: "a query by identity, k = 5: %.0f µs", asking * 1e3))
    try many(enrollments.prefix(2_000).map { .vector($0.vector) }, at: folder + "/bulk-0.db")
    if let opened { try beside(opened, enrollments) }
  }

  /// What an answer costs after a commit of another gallery, as after one of another process: it is followed, and the rows
  /// on the pages that it wrote are compared. The answers themselves are of one row.
  private func beside(_ gallery: Gallery, _ enrollments: [Enrollment]) throws {
    let other = try self.gallery(gallery.path, indexed: false)
    func ask(_ vector: [Float]) throws {
      _ = try gallery.query(.vector(vector), k: 1, where: "embedding.id = 5")
    }
    var (still, own, others) = ([Double](), [Double](), [Double]())
    for (number, one) in enrollments.prefix(100).enumerated() {
      try ask(one.vector)
      still.append(try timed { try ask(one.vector) })
      try gallery.enroll(one.vector, as: "own \(number)")
      own.append(try timed { try ask(one.vector) })
      try other.enroll(one.vector, as: "other \(number)")
      others.append(try timed { try ask(one.vector) })
    }
    print(
      String(
        format: "an answer of one row: %.2f ms; after an enrolment: %.2f ms; after one of another gallery: %.2f ms",
        median(still) * 1e3, median(own) * 1e3, median(others) * 1e3))
  }

  /// Opening, until the first answer, and closing. The first time of all the system may have to find memory and read the
  /// file from the disk.
  private func open(_ path: String) throws {
    for _ in 0...repetitions {
      var gallery: Gallery?
      let opening = try timed { gallery = try Gallery(path: path) }
      guard let gallery else { return }
      let probe = try gallery.identities().first.flatMap { try gallery.embeddings(of: $0.name).first }
      let asking = try timed { _ = try probe.map { try gallery.query(.embedding($0.id), k: 5) } }
      let count = try gallery.info().embeddings
      try gallery.close()
      print(String(format: "opening %d: %.2f s; the first answer: %.1f ms", count, opening, asking * 1e3))
    }
  }

  /// Many probes in one call, on one thread and on as many as there are cores, alternating.
  private func many(_ probes: [Probe], at path: String) throws {
    let ways: [Int?] = [1, nil]
    let galleries = try ways.map { threads in
      var configuration = GalleryConfiguration()
      configuration.threads = threads
      return try Gallery(path: path, configuration: configuration)
    }
    var took = galleries.map { _ in [Double]() }
    for _ in 0...repetitions {
      for (way, gallery) in galleries.enumerated() {
        took[way].append(try timed { _ = try gallery.query(probes, k: 5) })
      }
    }
    print("\(probes.count) probes in a call, on one thread: \(rate(probes.count, took[0])) answers/s")
    print("the same on all cores: \(rate(probes.count, took[1])) answers/s")
    print(String(format: "all cores against one thread: %.2f times", median(took[0]) / median(took[1])))
  }

  /// Many vectors without the index: in bulk, in one transaction, and in place of what is there.
  private func bulk(_ enrollments: [Enrollment], in folder: String) throws {
    var inBulk: [Double] = []
    var inOne: [Double] = []
    var again: [Double] = []
    for repetition in 0..<repetitions {
      let gallery = try gallery("\(folder)/bulk-\(repetition).db", indexed: false)
      inBulk.append(try timed { try gallery.enroll(contentsOf: enrollments, batch: batch) })
      again.append(
        try timed { try gallery.enroll(contentsOf: enrollments, batch: batch, replacing: .sameSource) })
      try gallery.close()
      let whole = try self.gallery("\(folder)/whole-\(repetition).db", indexed: false)
      inOne.append(try timed { try whole.enroll(enrollments) })
      try whole.close()
    }
    print("bulk, no index, transactions of \(batch): \(rate(count, inBulk)) vectors/s")
    print("one transaction of \(count): \(rate(count, inOne)) vectors/s")
    print("the same again, replacing by source: \(rate(count, again)) vectors/s")
  }

  /// One vector a call, alone and with others at once, alternating.
  private func together(_ enrollments: [Enrollment], in folder: String) throws {
    var alone: [Double] = []
    var many: [Double] = []
    let each = 100
    let gallery = try gallery(folder + "/together.db", indexed: false)
    for _ in 0..<repetitions {
      for callers in [1, callers] {
        let took = timed {
          let threads = (0..<callers).map { caller in
            let done = DispatchSemaphore(value: 0)
            Thread.detachNewThread {
              for number in 0..<each { _ = try? gallery.enroll([enrollments[caller * each + number]]) }
              done.signal()
            }
            return done
          }
          for thread in threads { thread.wait() }
        }
        if callers == 1 { alone.append(took) } else { many.append(took) }
      }
    }
    print("one vector a call, one caller: \(rate(each, alone)) vectors/s")
    print("one vector a call, \(callers) callers: \(rate(each * callers, many)) vectors/s")
    let ratio = median(alone) * Double(callers) / median(many)
    print(String(format: "%d callers against one: %.1f times", callers, ratio))
  }

  /// With the index in memory: in bulk, in batches, one by one; and the building of it from nothing.
  private func following(_ enrollments: [Enrollment], in folder: String) throws {
    var building: [Double] = []
    var catchingUp: [Double] = []
    for repetition in 0..<min(repetitions, 2) {
      building.append(try timed { _ = try Gallery(path: "\(folder)/bulk-\(repetition).db") })
      let open = try gallery("\(folder)/open-\(repetition).db", indexed: true)
      catchingUp.append(
        try timed {
          try open.enroll(contentsOf: enrollments, batch: batch)
          _ = try open.query(.vector(enrollments[0].vector), k: 1)
        })
      try open.close()
    }
    print("building the index from nothing: \(rate(count, building)) vectors/s")
    print("bulk with the index in memory, until it is in step: \(rate(count, catchingUp)) vectors/s")

    let followed = try gallery(folder + "/followed.db", indexed: true)
    let few = enrollments.prefix(min(count, 10_000))
    let inBatches = try timed {
      for start in stride(from: 0, to: few.count, by: 1_000) {
        try followed.enroll(Array(few[start..<min(start + 1_000, few.count)]))
      }
    }
    print("transactions of 1000, the index following each: \(rate(few.count, [inBatches])) vectors/s")
  }

  private func gallery(_ path: String, indexed: Bool) throws -> Gallery {
    var configuration = GalleryConfiguration()
    configuration.indexing = indexed ? .onOpen : .onFirstQuery
    let gallery = try Gallery(path: path, configuration: configuration)
    try gallery.register(
      EmbedderSpecification(name: "random", kind: "vector", dimension: dimension, metric: .euclidean))
    return gallery
  }

  private func timed(_ body: () throws -> Void) rethrows -> Double {
    let start = ContinuousClock.now
    try body()
    let elapsed = (ContinuousClock.now - start).components
    return Double(elapsed.seconds) + Double(elapsed.attoseconds) / 1e18
  }

  private func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

  private func rate(_ count: Int, _ seconds: [Double]) -> String {
    String(format: "%.0f", Double(count) / median(seconds))
  }
}
