import HNSW

extension FuzzTarget {
  /// A saved index; once as it is, and once with all its checksums put right, so that what is behind them is reached.
  static let snapshot = FuzzTarget(name: "snapshot") { bytes in
    var isAccepted = false
    for one in [bytes, IndexSnapshot.sealed(bytes)].compactMap(\.self) {
      do {
        let index = try IndexSnapshot.read(bytes: one)
        if index.dimension <= 1_024 {
          let probe = (0..<index.dimension).map { Float($0 + 1) }
          let hits = try index.search(probe, k: 10).hits
          let id: Int64 = 1 << 40
          if !index.contains(id: id) { try index.add(probe, id: id) }
          index.remove(id: hits.first?.id ?? id)
          if Set(hits.map(\.id)).count != hits.count { throw Failure("an id is in one answer twice") }
        }
        isAccepted = true
      } catch let error as SnapshotRefusal {
        _ = try refused("\(error)")
      }
    }
    return isAccepted
  }
}
