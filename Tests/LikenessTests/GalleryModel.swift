import GRDB
import Likeness

/// A gallery as a dictionary, and its answers by the book.
struct GalleryModel {
  var metric: Metric
  var identityOf: [EmbeddingID: String] = [:]
  var vectorOf: [EmbeddingID: [Float]] = [:]
  /// Identities without embeddings too.
  var names: Set<String> = []

  /// The identities that have embeddings.
  var enrolled: [String] { Set(identityOf.values).sorted() }
  var ids: [EmbeddingID] { identityOf.keys.sorted() }

  mutating func add(_ id: EmbeddingID, _ vector: [Float], as name: String) {
    identityOf[id] = name
    vectorOf[id] = vector
    names.insert(name)
  }

  mutating func remove(_ id: EmbeddingID) {
    identityOf[id] = nil
    vectorOf[id] = nil
  }

  mutating func forget(_ name: String) {
    for id in ids where identityOf[id] == name { remove(id) }
    names.remove(name)
  }

  mutating func rename(_ name: String, to other: String) {
    for id in ids where identityOf[id] == name { identityOf[id] = other }
    names.remove(name)
    names.insert(other)
  }

  /// The nearest distance of each identity, nearest first.
  func answer(_ probe: [Float], k: Int) -> [Double] {
    var nearest: [String: Double] = [:]
    for (id, name) in identityOf {
      let distance = reference(metric, probe, vectorOf[id] ?? [])
      nearest[name] = min(nearest[name] ?? .infinity, distance)
    }
    return Array(nearest.values.sorted().prefix(k))
  }

  /// What a gallery answers otherwise than this; nil where nothing.
  func fault(of gallery: Gallery, probe: [Float]) throws -> String? {
    let answer = try gallery.query(.vector(probe), k: 4)
    let expected = self.answer(probe, k: 4)
    let size = Answer.GallerySize(identities: names.count, embeddings: identityOf.count)
    if answer.gallerySize != size { return "the size is \(answer.gallerySize) instead of \(size)" }
    let found = answer.candidates.map { Double($0.distance) }
    if found.count != expected.count || zip(found, expected).contains(where: { abs($0 - $1) > 1e-5 }) {
      return "the distances are \(found) instead of \(expected)"
    }
    for candidate in answer.candidates where identityOf[candidate.embedding] != candidate.identity {
      return "embedding \(candidate.embedding) is \(candidate.identity)"
    }
    return nil
  }
}
