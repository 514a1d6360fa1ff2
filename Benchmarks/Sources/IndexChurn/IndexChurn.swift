import ArgumentParser
import Clocks
import Foundation
import HNSW
import VectorFiles

/// What an index loses when much of it is removed and added again.
@main
struct IndexChurn: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "index-churn",
    abstract: "Replaces a fifth of an index again and again and compares it with a fresh one of the same content.")

  @Argument(help: "Vectors, .fvecs.") var base: String
  @Argument(help: "Queries, .fvecs.") var queries: String
  @Option(help: "Vectors of the file that are used; the index holds five sixths of them.") var rows = 24_000
  @Option(help: "Queries that are used.") var asked = 1_000
  @Option(help: "Rounds of removing and adding.") var rounds = 10
  @Option(help: "Seed of the choice of what is removed.") var seed: UInt64 = 1

  func run() throws {
    let base = try VectorTable(path: base, limit: rows)
    let queries = try VectorTable(path: queries, limit: asked)
    var random = Chance(state: seed)
    let fifth = base.count / 6
    var outside = Array((base.count - fifth)..<base.count)
    var inside = Array(0..<(base.count - fifth))
    let churned = try HNSWIndex(dimension: base.dimension, metric: .euclidean, parameters: .init(exactBelow: 0))
    try add(inside, of: base, to: churned)
    print("round  recall@10 at 32/64 (fresh)          queries/s at 32/64 of fresh   links/codes bytes a vector")
    for round in 1...rounds {
      inside.shuffle(using: &random)
      let removed = Array(inside.suffix(fifth))
      for row in removed { churned.remove(id: Int64(row)) }
      inside = Array(inside.dropLast(fifth)) + outside
      try add(outside, of: base, to: churned)
      outside = removed
      let fresh = try HNSWIndex(dimension: base.dimension, metric: .euclidean, parameters: .init(exactBelow: 0))
      try add(inside, of: base, to: fresh)
      let truth = try (0..<queries.count).map { i in
        Set(try fresh.searchExactly(queries.row(i), k: 10).hits.map(\.id))
      }
      var line = String(format: "%5d", round)
      var speeds = "  "
      for ef in [32, 64] {
        var (one, other) = (Measured(), Measured())
        // In turn, so that what else the machine does falls on both.
        for _ in 0..<5 {
          try one.measure(churned, queries, truth, ef: ef)
          try other.measure(fresh, queries, truth, ef: ef)
        }
        line += String(format: "  %.4f (%.4f)", one.recall, other.recall)
        speeds += String(format: "  %6.0f %5.1f %%", one.speed, 100 * one.speed / other.speed)
      }
      let memory = churned.memory
      print(line + speeds + "  \(memory.links / inside.count)/\(memory.codes / inside.count)")
    }
  }

  private func add(_ rows: [Int], of base: VectorTable, to index: HNSWIndex) throws {
    let values = rows.flatMap { base.row($0) }
    try values.withUnsafeBufferPointer { try index.add(contentsOf: $0, ids: rows.map(Int64.init)) }
  }
}

/// The best of some passes over all queries, in the time of this thread alone.
private struct Measured {
  var recall = 0.0
  var speed = 0.0

  mutating func measure(_ index: HNSWIndex, _ queries: VectorTable, _ truth: [Set<Int64>], ef: Int) throws {
    let start = ThreadClock.now
    let answers = try (0..<queries.count).map { try index.search(queries.row($0), k: 10, ef: ef).hits }
    speed = max(speed, Double(queries.count) / (ThreadClock.now - start))
    let found = zip(answers, truth).reduce(0) { $0 + $1.1.intersection($1.0.map(\.id)).count }
    recall = Double(found) / Double(truth.reduce(0) { $0 + $1.count })
  }
}

/// SplitMix64.
private struct Chance: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var x = state
    x = (x ^ (x >> 30)) &* 0xBF58_476D_1CE4_E5B9
    x = (x ^ (x >> 27)) &* 0x94D0_49BB_1331_11EB
    return x ^ (x >> 31)
  }
}
