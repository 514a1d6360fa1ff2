import GRDB
import HNSW

/// Searches for a sample of probes, beside a comparison of each probe with every row.
///
/// A probe is a sound row moved at random, by a tenth of its distance to another: near the gallery's vectors, as probes
/// are, and none of them.
struct SearchCheck {
  static let k = 10
  /// Below this share of the true nearest it is asked whether looking harder finds them.
  static let leastRecall = 0.75

  let path: String
  let db: Database
  let view: IndexView
  let effort: Effort

  /// What a sample said.
  struct Result {
    var check: Verification.Check
    /// The share of the true `k` nearest that were found; nil where there was nothing to search.
    var recall: Double?
  }

  func run(sound: [Int64], sample: Int, seed: UInt64, progress: (Int) -> Void) throws -> Result {
    var check = Verification.Check("searches")
    let probes = try makeProbes(sound, sample, seed)
    if probes.isEmpty {
      check.outcome = .skipped
      check.statement = "no searches were tried: \(sound.isEmpty ? "there is nothing to find" : "none were asked for")"
      return Result(check: check, recall: nil)
    }
    let truth = try compareAll(probes, sound, progress)
    var (found, wanted, isExact) = (0, 0, true)
    for (probe, nearest) in zip(probes, truth) {
      let hits = try view.search(probe, k: Self.k, effort: effort, excluding: [])
      isExact = isExact && hits.isExact
      found += try count(hits.hits, probe, nearest, &check)
      wanted += nearest.count
      try checkAnswer(to: probe, &check)
    }
    let recall = wanted == 0 ? 1 : Double(found) / Double(wanted)
    var advice = ""
    if recall < Self.leastRecall {
      // Vectors without structure make every graph hard to walk; a graph that is broken is so at any effort.
      if try self.recall(probes, truth, effort: .recall(0.95)) < 0.9 {
        check.add(
          "searches find \(Self.percent(recall)) of the true \(Self.k) nearest", mend: "likeness rebuild \(path)")
      } else {
        advice = "; these vectors are hard to tell apart, and --recall 0.95 finds more of them"
      }
    }
    check = check.concluded(
      "\(counted(probes.count, "search", "searches")) beside a comparison with every row: all distances exact, "
        + "\(Self.percent(recall)) of the true \(Self.k) nearest found (\(isExact ? "every vector compared" : "by the graph"))\(advice)",
      {
        "\(counted($0, "thing")) wrong with \(probes.count) searches; \(Self.percent(recall)) of the true nearest found"
      })
    return Result(check: check, recall: recall)
  }

  /// The share of the true nearest that this effort finds.
  private func recall(_ probes: [[Float]], _ truth: [[Float]], effort: Effort) throws -> Double {
    var (found, wanted) = (0, 0)
    for (probe, nearest) in zip(probes, truth) {
      var unused = Verification.Check("searches")
      found += try count(view.search(probe, k: Self.k, effort: effort, excluding: []).hits, probe, nearest, &unused)
      wanted += nearest.count
    }
    return wanted == 0 ? 1 : Double(found) / Double(wanted)
  }

  /// How many of the hits are true, after their distances were computed from the rows.
  private func count(
    _ hits: [SearchHit], _ probe: [Float], _ nearest: [Float], _ check: inout Verification.Check
  ) throws -> Int {
    let mend = "likeness rebuild \(path)"
    let row = try RawStatement(db, "SELECT vector FROM embedding WHERE id = ?")
    let dimension = view.embedder.dimension
    if hits.count < nearest.count {
      check.add("a search for \(nearest.count) gave \(hits.count)", mend: mend)
    }
    if Set(hits.map(\.id)).count < hits.count { check.add("a search gave one embedding twice", mend: mend) }
    var distances: [(distance: Float, scale: Float)] = []
    for hit in hits {
      row.reset()
      try row.bind(hit.id, at: 1)
      guard try row.step(), let blob = row.blob(0), let start = blob.baseAddress, blob.count == 4 * dimension else {
        check.add("a search found embedding \(hit.id), which has no sound row", mend: mend)
        continue
      }
      let (distance, scale) = probe.withUnsafeBytes { bytes in
        bytes.baseAddress.map {
          (
            view.embedder.metric.distance($0, start, count: dimension),
            view.embedder.metric.scale($0, start, count: dimension)
          )
        } ?? (.nan, 0)
      }
      // The index computes in float32, answers then compute from the row.
      if !(abs(distance - hit.distance) <= 1e-4 * scale) {
        check.add(
          "\(RowCheck.subject(hit.id, in: db)) was found at the distance \(hit.distance), and its row is at \(distance)",
          table: "embedding", row: hit.id, mend: mend)
      }
      distances.append((distance, Float(scale)))
    }
    guard let bound = nearest.last else { return 0 }
    // What float32 does not tell apart is equally near.
    return min(distances.count { $0.distance <= bound + 4 * Float.ulpOfOne * $0.scale }, nearest.count)
  }

  /// An answer's distances are those of the rows to the last bit, in order.
  private func checkAnswer(to probe: [Float], _ check: inout Verification.Check) throws {
    var search = Search(view: view, identities: 0, hasChecksums: false, effort: effort, vector: probe)
    try search.run(db, k: Self.k, by: .embedding)
    let question = try Gallery.Question(
      k: Self.k, grouping: .embedding, condition: nil, maxDistance: nil, effort: effort)
    let candidates = search.answer(question).candidates
    for candidate in candidates {
      let distance = view.embedder.metric.distance(probe, try vector(candidate.embedding.rawValue))
      if distance != candidate.distance {
        check.add(
          "an answer gives embedding \(candidate.embedding) the distance \(candidate.distance), and its row is at "
            + "\(distance)", table: "embedding", row: candidate.embedding.rawValue, mend: "likeness rebuild \(path)")
      }
    }
    if zip(candidates, candidates.dropFirst()).contains(where: { $0.distance > $1.distance }) {
      check.add("an answer is out of order", mend: "likeness rebuild \(path)")
    }
  }

  private func makeProbes(_ sound: [Int64], _ sample: Int, _ seed: UInt64) throws -> [[Float]] {
    guard !sound.isEmpty, sample > 0 else { return [] }
    var random = SequenceGenerator(seed: seed)
    var probes: [[Float]] = []
    for _ in 0..<sample {
      let row = try vector(sound[Int(random.next() % UInt64(sound.count))])
      let other = try vector(sound[Int(random.next() % UInt64(sound.count))])
      var probe = row
      for index in row.indices {
        // Uniform of deviation one, in both directions.
        let unit = (Double(random.next() >> 11) / 9_007_199_254_740_992 - 0.5) * 3.464_101_6
        probe[index] = row[index] + Float(0.1 * unit) * (row[index] - other[index])
      }
      let fault = probe.withUnsafeBytes { VectorFault.find(in: $0, metric: view.embedder.metric) }
      probes.append(fault == nil ? probe : row)
    }
    return probes
  }

  private func vector(_ id: Int64) throws -> [Float] {
    let row = try RawStatement(db, "SELECT embedder_id, vector FROM embedding WHERE id = ?")
    try row.bind(id, at: 1)
    guard try row.step(), case .vector(let vector) = RowVector(row, embedderAt: 0, vectorAt: 1, embedder: view.embedder)
    else { throw GalleryError.unknownEmbedding(EmbeddingID(id)) }
    return vector
  }

  /// For each probe the distances of its `k` nearest rows, nearest first.
  private func compareAll(_ probes: [[Float]], _ sound: [Int64], _ progress: (Int) -> Void) throws -> [[Float]] {
    var nearest = [[Float]](repeating: [], count: probes.count)
    let dimension = view.embedder.dimension
    let metric = view.embedder.metric
    let rows = try RawStatement(db, "SELECT id, vector FROM embedding ORDER BY id")
    var place = 0
    var last: Int64?
    while place < sound.count, try rows.step() {
      let id = try rows.id(0, after: last)
      last = id
      guard id == sound[place], let blob = rows.blob(1), let start = blob.baseAddress, blob.count == 4 * dimension
      else {
        continue
      }
      place += 1
      if place % 16_384 == 0 { progress(place) }
      for index in probes.indices {
        let distance = probes[index].withUnsafeBytes { bytes in
          bytes.baseAddress.map { metric.distance($0, start, count: dimension) } ?? .infinity
        }
        Self.insert(distance, into: &nearest[index])
      }
    }
    progress(sound.count)
    return nearest
  }

  private static func insert(_ distance: Float, into nearest: inout [Float]) {
    if nearest.count == k, let worst = nearest.last, distance >= worst { return }
    var place = nearest.count
    while place > 0, nearest[place - 1] > distance { place -= 1 }
    nearest.insert(distance, at: place)
    if nearest.count > k { nearest.removeLast() }
  }

  private static func percent(_ share: Double) -> String {
    let tenths = Int((share * 1_000).rounded(.down))
    return "\(tenths / 10).\(tenths % 10) %"
  }
}
