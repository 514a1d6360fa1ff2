import Foundation
import GRDB
import Likeness
import Seeded
import Testing

/// Random histories of a gallery, through the library and by another hand's SQL, against a dictionary.
@Suite struct ModelTests {
  /// How many histories are lived through: more by `LIKENESS_HISTORIES=10000`.
  private static var histories: Int {
    ProcessInfo.processInfo.environment["LIKENESS_HISTORIES"].flatMap { Int($0) } ?? 240
  }

  @Test("after any history of changes by anybody, an answer is what the rows say", arguments: [8, 25, 300])
  func anyHistory(length: Int) throws {
    let templates = try Dictionary(uniqueKeysWithValues: Metric.allCases.map { ($0, try Life.template($0)) })
    func fault(_ history: History) -> String? {
      Life.fault(in: history, template: templates[history.metric] ?? Data())
    }
    let count = max(3, Self.histories * 8 / (length * (length > 100 ? 4 : 2)))
    for seed in 0..<UInt64(count) {
      let history = History.random(seed: seed, length: length)
      guard fault(history) != nil else { continue }
      let shortest = history.shrunk { fault($0) != nil }
      Issue.record("\(fault(shortest) ?? "it failed once and not again"), in the history of \(shortest)")
      return
    }
  }

  @Test("a history that fails is made as short as it can be")
  func shrinking() {
    let history = History.random(seed: 5, length: 100)
    func merges(_ history: History) -> Int {
      history.changes.filter { if case .merge = $0 { true } else { false } }.count
    }
    #expect(merges(history) > 2)
    let shortest = history.shrunk { merges($0) >= 2 }
    #expect(shortest.changes.count == 2)
    #expect(merges(shortest) == 2)
  }

  @Test("a gallery opened again answers as the one that was closed")
  func reopened() throws {
    let scratch = try Scratch()
    var random = Seeded(8)
    let probes = (0..<20).map { _ in random.vector(16) }
    let before = try {
      let gallery = try makeGallery(scratch.path(), 16) { $0.exactBelow = 0 }
      try gallery.enroll((0..<2_000).map { Enrollment(identity: "\($0 % 300)", vector: random.vector(16)) })
      for person in 0..<50 { try gallery.forget("\(person)") }
      defer { try? gallery.close() }
      return try probes.map { try gallery.query(.vector($0), k: 5).candidates }
    }()
    let gallery = try Gallery(path: scratch.path())
    #expect(try probes.map { try gallery.query(.vector($0), k: 5).candidates } == before)
  }
}
