extension HNSWIndex {
  /// How the graph is built, under the names of Malkov & Yashunin (2018).
  public struct Parameters: Sendable, Hashable {
    /// Neighbours that a new vector is linked to on each level, 2…128. A node keeps at most `M` neighbours on the
    /// upper levels and `2 M` on level 0. More is better recall for more memory.
    public var M: Int
    /// Candidates looked at when a new vector chooses its neighbours, 1…65,536. More is a better graph, built slower.
    public var efConstruction: Int
    /// Decides, with the order of operations, every random choice: the same seed and order make the same graph.
    public var seed: UInt64
    /// With at most this many vectors, every search compares the query with all of them: faster there than the graph.
    public var exactBelow: Int

    /// Parameters that suit embeddings of 64 to 1,536 values.
    public init(M: Int = 16, efConstruction: Int = 200, seed: UInt64 = 0x5EED, exactBelow: Int = 1_000) {
      self.M = M
      self.efConstruction = efConstruction
      self.seed = seed
      self.exactBelow = exactBelow
    }

    func validate() throws {
      guard (2...128).contains(M) else {
        throw IndexError.invalidParameter("M is \(M): choose 2 to 128")
      }
      guard (1...65_536).contains(efConstruction) else {
        throw IndexError.invalidParameter("efConstruction is \(efConstruction): choose 1 to 65536")
      }
    }
  }
}
