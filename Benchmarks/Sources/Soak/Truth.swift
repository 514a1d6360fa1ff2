import Foundation
import Likeness

/// The rows after one commit, as the one who wrote them knows them.
struct Truth: Sendable {
  typealias ID = EmbeddingID

  struct Row: Sendable {
    var name: String
    var vector: [Float]
  }

  let dimension: Int
  /// The number of the last commit.
  private(set) var version = 0
  private(set) var ids: [ID] = []
  private var names: [String] = []
  private var values: [Float] = []
  private var placeOf: [ID: Int] = [:]

  init(dimension: Int) { self.dimension = dimension }

  func vector(_ id: ID) -> ArraySlice<Float>? {
    placeOf[id].map { values[$0 * dimension..<($0 + 1) * dimension] }
  }

  func name(_ id: ID) -> String? { placeOf[id].map { names[$0] } }

  /// Makes what a commit made.
  mutating func apply(_ commit: Commit) {
    for change in commit.changes {
      if let row = change.now { set(change.row, row) } else { remove(change.row) }
    }
    version = commit.number
  }

  mutating func set(_ id: ID, _ row: Row) {
    if let place = placeOf[id] {
      values.replaceSubrange(place * dimension..<(place + 1) * dimension, with: row.vector)
      names[place] = row.name
    } else {
      placeOf[id] = ids.count
      ids.append(id)
      names.append(row.name)
      values += row.vector
    }
  }

  private mutating func remove(_ id: ID) {
    guard let place = placeOf.removeValue(forKey: id) else { return }
    let last = ids.count - 1
    if place != last {
      ids[place] = ids[last]
      names[place] = names[last]
      for index in 0..<dimension { values[place * dimension + index] = values[last * dimension + index] }
      placeOf[ids[place]] = place
    }
    ids.removeLast()
    names.removeLast()
    values.removeLast(dimension)
  }

  /// The distances of the `k` nearest rows.
  func nearest(_ probe: [Float], k: Int) -> [Float] {
    let squares = values.withUnsafeBufferPointer { values in
      ids.indices.map { place in
        var sum: Float = 0
        let start = place * dimension
        for index in 0..<dimension {
          let difference = values[start + index] - probe[index]
          sum += difference * difference
        }
        return sum
      }
    }
    return squares.sorted().prefix(k).map { $0.squareRoot() }
  }

  /// What is not true of an answer; nil where all of it is. `isExact`: whether it has to be the nearest of all.
  func fault(in answer: Answer, probe: [Float], k: Int, isExact: Bool) -> String? {
    if answer.gallerySize.embeddings != ids.count {
      return "\(answer.gallerySize.embeddings) rows instead of \(ids.count)"
    }
    if answer.candidates.count != min(k, ids.count) {
      return "\(answer.candidates.count) candidates instead of \(min(k, ids.count))"
    }
    for candidate in answer.candidates {
      guard let vector = vector(candidate.embedding), name(candidate.embedding) == candidate.identity else {
        return "embedding \(candidate.embedding) of \(candidate.identity) is not there"
      }
      let distance = zip(vector, probe).reduce(Float(0)) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
      if abs(distance - candidate.distance) > 1e-3 {
        return "a distance is \(candidate.distance) instead of \(distance)"
      }
    }
    if isExact {
      for (candidate, distance) in zip(answer.candidates, nearest(probe, k: k))
      where abs(candidate.distance - distance) > 1e-3 {
        return "a distance is \(candidate.distance), the nearest is at \(distance)"
      }
    }
    return nil
  }
}
