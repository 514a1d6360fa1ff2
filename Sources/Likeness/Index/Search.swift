import GRDB
import HNSW

/// One search: from a vector to candidates with their rows, in one snapshot.
struct Search {
  let view: IndexView
  /// The number of identities in the snapshot.
  let identities: Int
  /// Whether rows have checksums.
  let hasChecksums: Bool
  let effort: Effort
  var vector: [Float]
  /// The embeddings that may be found, where a condition says so.
  let allowed: IDSet?
  /// The embedding that is the probe, where one is: it is no candidate.
  var probe: EmbeddingID? { didSet { if let probe { excluded.insert(probe.rawValue) } } }
  /// Embeddings that are not to be found, or were found already.
  private var excluded: Set<Int64> = []

  private var candidates: [Candidate] = []
  private var isExact = true
  /// Embeddings whose identity is gone, which happens when another hand works without foreign keys.
  private var orphans = 0
  /// Candidates whose vectors are not those that were enrolled, by their checksums.
  private var altered: [EmbeddingID] = []
  /// Whether a row was otherwise than the index has it.
  private(set) var disagrees = false

  init(
    view: IndexView, identities: Int, hasChecksums: Bool, effort: Effort, vector: [Float], among allowed: IDSet? = nil
  ) {
    self.view = view
    self.identities = identities
    self.hasChecksums = hasChecksums
    self.effort = effort
    self.vector = vector
    self.allowed = allowed
  }

  /// Searches until there are `k` candidates or nothing is left to search.
  ///
  /// For identities each round looks for a few times as many embeddings as identities are missing, and the next round
  /// leaves out all embeddings of the identities found: one with thousands of them costs one more round, not the
  /// others' places. All embeddings nearer than a round's last belong to identities found by then, so what later
  /// rounds find is farther.
  mutating func run(_ db: Database, k: Int, by grouping: CandidateGrouping) throws {
    let owner = try RawStatement(db, "SELECT identity_id FROM embedding WHERE id = ?")
    var seen: Set<Int64> = []
    while candidates.count < k {
      let missing = k - candidates.count
      let wanted = grouping == .embedding ? missing : max(16, missing > Int.max / 4 ? missing : missing * 4)
      let width = min(wanted, max(allowed?.count ?? view.searchable, 1))
      let round = try view.search(vector, k: width, effort: effort, excluding: excluded, among: allowed)
      isExact = isExact && round.isExact
      var found: [Int64] = []
      for hit in round.hits where candidates.count < k {
        owner.reset()
        try owner.bind(hit.id, at: 1)
        guard try owner.step() else {
          disagrees = true
          excluded.insert(hit.id)
          continue
        }
        let identity = owner.integer(0)
        if grouping == .embedding {
          excluded.insert(hit.id)
        } else if seen.insert(identity).inserted {
          found.append(identity)
        } else {
          continue
        }
        try add(hit, db)
      }
      if candidates.count == k || round.hits.count < width { break }
      try exclude(found, db)
    }
    candidates.sort { ($0.distance, $0.embedding) < ($1.distance, $1.embedding) }
  }

  /// Reads the row of a hit, and computes the distance from it.
  private mutating func add(_ hit: SearchHit, _ db: Database) throws {
    let statement = try RawStatement(
      db,
      """
      SELECT i.name, e.source, e.vector, \(hasChecksums ? "e.crc32" : "NULL")
      FROM embedding AS e JOIN identity AS i ON i.id = e.identity_id WHERE e.id = ?
      """)
    try statement.bind(hit.id, at: 1)
    guard try statement.step() else {
      orphans += 1
      return
    }
    guard let blob = statement.blob(2), let start = blob.baseAddress, blob.count == 4 * view.embedder.dimension else {
      disagrees = true
      return
    }
    let dimension = view.embedder.dimension
    let (distance, scale) = vector.withUnsafeBytes { probe in
      guard let first = probe.baseAddress else { return (Float.infinity, Float(0)) }
      return (
        view.embedder.metric.distance(first, start, count: dimension),
        view.embedder.metric.scale(first, start, count: dimension)
      )
    }
    if !distance.isFinite || abs(distance - hit.distance) > 1e-3 * scale { disagrees = true }
    if !distance.isFinite { return }
    if !statement.isNull(3), Int64(CRC32.of(blob)) != statement.integer(3) { altered.append(EmbeddingID(hit.id)) }
    candidates.append(
      Candidate(
        identity: statement.text(0) ?? "", distance: distance, embedding: EmbeddingID(hit.id),
        source: statement.text(1)))
  }

  private mutating func exclude(_ identities: [Int64], _ db: Database) throws {
    let statement = try RawStatement(db, "SELECT id FROM embedding WHERE identity_id = ?")
    for identity in identities {
      statement.reset()
      try statement.bind(identity, at: 1)
      while try statement.step() { excluded.insert(statement.integer(0)) }
    }
  }

  // MARK: The answer

  func answer(_ question: Gallery.Question) -> Answer {
    let (k, grouping, maxDistance) = (question.k, question.grouping, question.maxDistance)
    let kept = maxDistance.map { limit in candidates.filter { $0.distance <= limit } } ?? candidates
    return Answer(
      candidates: kept, foundBy: allowed != nil ? .filtered : isExact ? .exact : .graph,
      gallerySize: Answer.GallerySize(identities: identities, embeddings: view.searchable),
      embedder: view.embedder.name, decision: maxDistance.map { _ in kept.isEmpty ? .noMatch : .match },
      note: note(kept: kept, k: k, by: grouping, maxDistance: maxDistance))
  }

  private func note(kept: [Candidate], k: Int, by grouping: CandidateGrouping, maxDistance: Float?) -> String? {
    var notes: [String] = []
    if view.searchable == 0 {
      notes.append(
        view.faults.isEmpty
          ? "the gallery has no embeddings yet"
          : "the gallery has no embeddings of \"\(view.embedder.name)\" that could be compared")
    } else if candidates.count < k {
      let count = candidates.count
      let what =
        switch grouping {
        case .identity: count == 1 ? "identity" : "identities"
        case .embedding: count == 1 ? "embedding" : "embeddings"
        }
      // The probe itself may meet a condition, and so may rows that are left out.
      let those = "only \(count) \(what)\(probe == nil ? "" : " beside the probe")"
      let why =
        allowed == nil
        ? "could be compared" : "that can be compared \(count == 1 ? "meets" : "meet") the condition"
      notes.append("\(those) \(why)")
    }
    if let maxDistance, kept.count < candidates.count {
      let which = kept.isEmpty ? "the nearest candidate" : "the next candidate"
      notes.append("\(which) is at \(candidates[kept.count].distance), beyond \(maxDistance)")
    }
    let leftOut = VectorFault.sentences(view.faults.values)
    notes += [leftOut.damaged, leftOut.others].compactMap { $0.map { "\($0), see info" } }
    let doubtful = kept.filter { altered.contains($0.embedding) }
    if !doubtful.isEmpty {
      let names = doubtful.map { "\($0.embedding)" }.joined(separator: ", ")
      notes.append(
        "the vector\(doubtful.count == 1 ? "" : "s") of embedding\(doubtful.count == 1 ? "" : "s") \(names) changed since "
          + "enrolment without a new checksum, see verify")
    }
    if orphans > 0 {
      notes.append("\(orphans) \(orphans == 1 ? "embedding" : "embeddings") without an identity left out")
    }
    if !view.logIsTrusted {
      notes.append("triggers are missing, so all rows were compared with the index; open the gallery for writing once")
    }
    return notes.isEmpty ? nil : notes.joined(separator: "; ")
  }
}
