import HNSW
import VectorFiles

/// Vectors to index, queries, and the true answers to them.
struct BenchSet {
  let base: VectorTable
  let queries: VectorTable
  let truth: NeighbourTable
  private let truthPath: String

  /// Reads the three files and checks that they belong together.
  init(base basePath: String, queries queryPath: String, truth truthPath: String, k: Int) throws {
    base = try VectorTable(path: basePath, format: .fvecs)
    queries = try VectorTable(path: queryPath, format: .fvecs)
    truth = try NeighbourTable(path: truthPath)
    self.truthPath = truthPath
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

  /// Builds the index and measures it with each setting.
  ///
  /// - Parameter endsWhereAllIsFound: whether settings after one that finds everything are left out.
  func run(
    _ settings: [IndexBenchmark.Setting], k: Int, parameters: HNSWIndex.Parameters, filter: RandomFilter? = nil,
    endsWhereAllIsFound: Bool = false,
    progress: (_ done: Int, _ of: Int) -> Void
  ) throws -> [IndexBenchmark.Measurement] {
    let allowed = filter?.allowed(of: base.count)
    try checkTruth(k: k, among: allowed)
    let benchmark = try IndexBenchmark(
      base: base.values, dimension: base.dimension, parameters: parameters, progress: progress)
    var measurements: [IndexBenchmark.Measurement] = []
    for setting in settings {
      measurements.append(
        try benchmark.measure(
          setting, k: k, queries: queries.values, truth: truth.values, width: truth.width, allowed: allowed))
      if endsWhereAllIsFound, measurements.last?.recall ?? 0 >= 0.9999 { break }
    }
    return measurements
  }

  /// Refuses truth by which no recall can be told: each query has as many neighbours as there can be, each once, of the rows
  /// that may be in its answer.
  private func checkTruth(k: Int, among allowed: IDSet?) throws {
    let wanted = min(k, allowed?.count ?? base.count)
    for query in 0..<truth.count {
      let row = truth.values[query * truth.width..<query * truth.width + k]
      var seen: Set<Int32> = []
      func refusal(_ reason: String) -> VectorFileError {
        VectorFileError(path: truthPath, place: .row(query), reason: reason)
      }
      for (place, id) in row.enumerated() where place < wanted || id != -1 {
        if place >= wanted || !(0..<base.count).contains(Int(id)) {
          throw refusal(
            place >= wanted
              ? "names \(id) where only \(wanted) rows can be found: use the truth of this filter"
              : "names the neighbour \(id), and the base has the rows 0 to \(base.count - 1): use the truth of this base"
          )
        }
        if !seen.insert(id).inserted { throw refusal("names the neighbour \(id) twice: a row is found once") }
        if allowed?.contains(Int64(id)) == false {
          throw refusal("names the neighbour \(id), which the filter does not allow: use the truth of this filter")
        }
      }
    }
  }
}
