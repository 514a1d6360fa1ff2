import HNSW
import VectorFiles

/// Vectors to index, queries, and the true answers to them.
struct BenchSet {
  let base: VectorTable
  let queries: VectorTable
  let truth: NeighbourTable

  /// Reads the three files and checks that they belong together.
  init(base basePath: String, queries queryPath: String, truth truthPath: String, k: Int) throws {
    base = try VectorTable(path: basePath, format: .fvecs)
    queries = try VectorTable(path: queryPath, format: .fvecs)
    truth = try NeighbourTable(path: truthPath)
    guard queries.dimension == base.dimension else {
      throw VectorFileError(
        path: queryPath,
        reason:
          "has vectors of \(queries.dimension) values, the base of \(base.dimension): use the queries of this base")
    }
    guard truth.count == queries.count else {
      throw VectorFileError(
        path: truthPath,
        reason: "answers \(truth.count) queries, there are \(queries.count): use the truth of these queries")
    }
    guard (1...truth.width).contains(k) else {
      throw VectorFileError(
        path: truthPath, reason: "names \(truth.width) neighbours a query: choose k of 1 to that")
    }
  }

  /// Builds the index and measures it with each setting; a sweep ends where nothing more is to be gained.
  func run(
    _ settings: [IndexBenchmark.Setting], k: Int, parameters: HNSWIndex.Parameters, filter: RandomFilter? = nil,
    progress: (_ done: Int, _ of: Int) -> Void
  ) throws -> [IndexBenchmark.Measurement] {
    let benchmark = try IndexBenchmark(
      base: base.values, dimension: base.dimension, parameters: parameters, progress: progress)
    var measurements: [IndexBenchmark.Measurement] = []
    let allowed = filter?.allowed(of: base.count)
    for setting in settings {
      measurements.append(
        try benchmark.measure(
          setting, k: k, queries: queries.values, truth: truth.values, width: truth.width, allowed: allowed))
      if measurements.last?.recall ?? 0 >= 0.9999 { break }
    }
    return measurements
  }
}
