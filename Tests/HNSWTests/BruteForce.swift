import HNSW

/// The model that the index is compared with: a dictionary, and distances in double precision.
struct BruteForce {
  let metric: Metric
  private(set) var vectors: [Int64: [Float]] = [:]

  init(metric: Metric) { self.metric = metric }

  var ids: [Int64] { vectors.keys.sorted() }

  subscript(id: Int64) -> [Float]? {
    get { vectors[id] }
    set { vectors[id] = newValue }
  }

  /// Ids and distances of the k nearest that the filter allows.
  func nearest(_ query: [Float], k: Int, where isAllowed: (Int64) -> Bool = { _ in true }) -> [(Int64, Double)] {
    let all = vectors.filter { isAllowed($0.key) }.map { ($0.key, Self.distance(metric, query, $0.value)) }
    return Array(all.sorted { $0.1 < $1.1 || ($0.1 == $1.1 && $0.0 < $1.0) }.prefix(max(k, 0)))
  }

  static func distance(_ metric: Metric, _ a: [Float], _ b: [Float]) -> Double {
    var product = 0.0
    var squared = 0.0
    var lengths = (0.0, 0.0)
    for (x, y) in zip(a, b) {
      let (x, y) = (Double(x), Double(y))
      product += x * y
      squared += (x - y) * (x - y)
      lengths.0 += x * x
      lengths.1 += y * y
    }
    return switch metric {
    case .euclidean: squared.squareRoot()
    case .cosine: 1 - product / (lengths.0 * lengths.1).squareRoot()
    case .dot: -product
    }
  }
}
