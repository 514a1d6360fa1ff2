import ArgumentParser
import Clocks
import Foundation
import HNSW
import Synchronization
import VectorFiles

/// How fast one thread searches while another adds.
@main
struct IndexConcurrency: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "index-concurrency",
    abstract: "Queries a second of one thread alone, and beside one thread that adds without pause.")

  @Argument(help: "Vectors, .fvecs.") var base: String
  @Argument(help: "Queries, .fvecs.") var queries: String
  @Option(help: "Vectors in the index at the beginning.") var rows = 30_000
  @Option(help: "Queries that are used.") var asked = 1_000
  @Option(help: "Candidates of a query.") var ef = 64
  @Option(help: "Seconds of each measurement.") var seconds = 2.0
  @Option(help: "Measurements of each kind, in turn.") var rounds = 5

  func run() throws {
    let base = try VectorTable(path: base, limit: .max)
    let queries = try VectorTable(path: queries, limit: asked)
    guard rows < base.count else {
      throw ValidationError("--rows is \(rows): the file has \(base.count), and some must be left to add")
    }
    let index = try HNSWIndex(
      dimension: base.dimension, metric: .euclidean, parameters: .init(exactBelow: 0, threads: 1))
    try (0..<rows).flatMap { base.row($0) }.withUnsafeBufferPointer {
      try index.add(contentsOf: $0, ids: (0..<rows).map(Int64.init))
    }
    let writer = Writer(index: index, base: base, first: rows)
    var (idle, busy): ([Double], [Double]) = ([], [])
    print("queries/s of CPU time at ef \(ef), \(rows) vectors of \(base.dimension) values: idle, busy, added/s")
    for _ in 0..<rounds {
      idle.append(try searching(index, queries))
      let (searched, added) = try writer.during { try searching(index, queries) }
      busy.append(searched)
      print(String(format: "%8.0f %8.0f %8.0f", idle.last ?? 0, searched, added / seconds))
      // What was added goes again, so that every round has the same index.
      try writer.undo()
    }
    let share = median(busy) / median(idle)
    print(String(format: "median: %.1f %% of idle, per core", 100 * share))
  }

  /// Queries a second of this thread's own time: what other processes take of the core is not the index's.
  private func searching(_ index: HNSWIndex, _ queries: VectorTable) throws -> Double {
    let start = ContinuousClock.now
    let began = ThreadClock.now
    var done = 0
    while ContinuousClock.now - start < .seconds(seconds) {
      _ = try index.search(queries.row(done % queries.count), k: 10, ef: ef)
      done += 1
    }
    return Double(done) / (ThreadClock.now - began)
  }

  private func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
}

/// A thread that adds one vector after the other.
private final class Writer: Sendable {
  private let index: HNSWIndex
  private let base: VectorTable
  private let first: Int
  private let isOver = Atomic<Bool>(false)
  private let added = Atomic<Int>(0)

  init(index: HNSWIndex, base: VectorTable, first: Int) {
    self.index = index
    self.base = base
    self.first = first
  }

  func during(_ body: () throws -> Double) throws -> (Double, added: Double) {
    isOver.store(false, ordering: .relaxed)
    let end = DispatchSemaphore(value: 0)
    Thread.detachNewThread { [self] in
      var row = first
      while !isOver.load(ordering: .relaxed), row < base.count {
        do { try index.add(base.row(row), id: Int64(row)) } catch { break }
        row += 1
      }
      added.store(row - first, ordering: .relaxed)
      end.signal()
    }
    let result = try body()
    isOver.store(true, ordering: .relaxed)
    end.wait()
    let count = added.load(ordering: .relaxed)
    guard first + count < base.count else {
      throw ValidationError("all vectors were added before the time was over: choose fewer --rows or --seconds")
    }
    return (result, Double(count))
  }

  func undo() throws {
    for row in first..<first + added.load(ordering: .relaxed) { index.remove(id: Int64(row)) }
  }
}
