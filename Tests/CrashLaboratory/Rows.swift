import Foundation

/// What a gallery should hold: its identities, and its embeddings in the order of their ids.
struct Rows: Hashable, Sendable {
  struct Row: Hashable, Sendable {
    var identity: String
    var vector: [Float]
    var source: String?
  }

  var identities: Set<String> = []
  var rows: [Row] = []

  /// Without the rows whose vectors no distance can be computed of.
  var withoutUnsound: Rows {
    var sound = self
    sound.rows.removeAll { row in
      row.vector.count != Subject.dimension || !row.vector.reduce(0) { $0 + $1 * $1 }.isFinite
    }
    return sound
  }

  mutating func add(_ row: Row) {
    identities.insert(row.identity)
    rows.append(row)
  }

  mutating func forget(_ identity: String) {
    identities.remove(identity)
    rows.removeAll { $0.identity == identity }
  }

  mutating func rename(_ identity: String, to name: String) {
    identities.remove(identity)
    identities.insert(name)
    for place in rows.indices where rows[place].identity == identity { rows[place].identity = name }
  }

  /// The distances of the nearest rows, nearest first.
  func nearest(_ probe: [Float], k: Int) -> [Double] {
    Array(rows.map { Self.distance(probe, $0.vector) }.sorted().prefix(k))
  }

  static func distance(_ a: [Float], _ b: [Float]) -> Double {
    zip(a, b).reduce(0) { $0 + (Double($1.0) - Double($1.1)) * (Double($1.0) - Double($1.1)) }.squareRoot()
  }
}
