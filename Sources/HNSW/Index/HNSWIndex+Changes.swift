extension HNSWIndex {
  /// Adds a vector under an id.
  ///
  /// - Throws: ``IndexError`` for a wrong dimension, NaN or infinity, zero under cosine, or an id that is in the index.
  public func add(_ vector: UnsafeBufferPointer<Float>, id: Int64) throws {
    try writer.withLock { writer in
      try graph.space.prepare(vector, dimension: dimension, into: writer.scratch.query)
      guard !contains(id: id) else { throw IndexError.duplicateID(id) }
      try insert(id, writer)
    }
  }

  /// Adds a vector under an id; see ``add(_:id:)-(UnsafeBufferPointer<Float>,_)``.
  public func add(_ vector: [Float], id: Int64) throws {
    try vector.withUnsafeBufferPointer { try add($0, id: id) }
  }

  /// Adds many vectors, or none: all are checked before the first is added.
  ///
  /// - Parameters:
  ///   - vectors: `[ids.count, dimension]` values, a row each.
  ///   - ids: the ids of the rows.
  ///   - progress: called now and then with the number of rows added, and with all of them at the end. If it
  ///     throws, none are added. It may search; what changes this index, and ``memory``, would wait for this call for
  ///     ever.
  /// - Throws: ``IndexError/row(_:id:_:)`` naming the first row that was refused and why,
  ///   ``IndexError/unequalCounts(values:ids:dimension:)``; what `progress` throws.
  public func add(
    contentsOf vectors: UnsafeBufferPointer<Float>, ids: [Int64], progress: (Int) throws -> Void = { _ in }
  ) throws {
    let (values, overflow) = ids.count.multipliedReportingOverflow(by: dimension)
    guard !overflow, values == vectors.count else {
      throw IndexError.unequalCounts(values: vectors.count, ids: ids.count, dimension: dimension)
    }
    func row(_ i: Int) -> UnsafeBufferPointer<Float> {
      UnsafeBufferPointer(rebasing: vectors[i * dimension..<(i + 1) * dimension])
    }
    try writer.withLock { writer in
      var seen = Set<Int64>(minimumCapacity: ids.count)
      for (i, id) in ids.enumerated() {
        do {
          try graph.space.norm(of: row(i), dimension: dimension)
          guard seen.insert(id).inserted, !contains(id: id) else { throw IndexError.duplicateID(id) }
        } catch let error as IndexError {
          throw IndexError.row(i, id: id, error)
        }
      }
      let room = graph.storage.limit - count
      guard ids.count <= room else { throw IndexError.full(limit: graph.storage.limit) }
      try writer.reserve(ids.count)
      var slots: [Slot] = []
      slots.reserveCapacity(ids.count)
      for (i, id) in ids.enumerated() {
        try graph.space.prepare(row(i), dimension: dimension, into: writer.scratch.query)
        slots.append(try makeNode(id, writer))
      }
      do {
        try writer.link(slots, progress: progress)
        try progress(ids.count)
      } catch {
        table.withLock { table in
          for id in ids { table.remove(id) }
        }
        writer.remove(slots)
        throw error
      }
    }
  }

  /// Gives an id another vector. A search meanwhile finds the old or the new one.
  ///
  /// - Throws: ``IndexError/unknownID(_:)``, or what is wrong with the vector; the old one then stays.
  public func update(_ vector: UnsafeBufferPointer<Float>, id: Int64) throws {
    try writer.withLock { writer in
      try graph.space.prepare(vector, dimension: dimension, into: writer.scratch.query)
      guard let old = table.withLock({ $0[id] }) else { throw IndexError.unknownID(id) }
      updates.add(1, ordering: .sequentiallyConsistent)
      defer { updates.add(1, ordering: .sequentiallyConsistent) }
      try insert(id, writer)
      writer.remove(old)
      changes.add(1, ordering: .releasing)
    }
  }

  /// Gives an id another vector; see ``update(_:id:)-(UnsafeBufferPointer<Float>,_)``.
  public func update(_ vector: [Float], id: Int64) throws {
    try vector.withUnsafeBufferPointer { try update($0, id: id) }
  }

  /// Removes a vector. No search that begins afterwards finds it.
  ///
  /// - Returns: whether the id was in the index.
  @discardableResult
  public func remove(id: Int64) -> Bool {
    writer.withLock { writer in
      let slot = table.withLock { table in
        let slot = table[id]
        table.remove(id)
        return slot
      }
      guard let slot else { return false }
      writer.remove(slot)
      changes.add(1, ordering: .releasing)
      return true
    }
  }

  /// Mends the graph around removed vectors and makes their memory free now, not when they have become many.
  package func sweep() {
    writer.withLock { $0.sweep() }
  }

  /// Adds the row that is prepared in the writer's scratch.
  private func insert(_ id: Int64, _ writer: GraphWriter) throws {
    try writer.link([try makeNode(id, writer)]) { _ in }
  }

  private func makeNode(_ id: Int64, _ writer: GraphWriter) throws -> Slot {
    let slot = try writer.makeNode(row: writer.scratch.query, id: id)
    table.withLock { $0.set(id, to: slot) }
    changes.add(1, ordering: .releasing)
    return slot
  }
}
