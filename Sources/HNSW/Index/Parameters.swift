#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

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
    /// Threads that may work on one change or one batch of queries. Never makes a difference to an answer.
    public var threads: Int
    /// Where the exact vectors are: see ``VectorStorage``.
    public var vectors: VectorStorage

    /// Parameters that suit embeddings of 64 to 1,536 values.
    public init(
      M: Int = 16, efConstruction: Int = 200, seed: UInt64 = 0x5EED, exactBelow: Int = 1_000, threads: Int? = nil,
      vectors: VectorStorage = .memory
    ) {
      self.M = M
      self.efConstruction = efConstruction
      self.seed = seed
      self.exactBelow = exactBelow
      self.threads = threads ?? Self.processors
      self.vectors = vectors
    }

    private static var processors: Int { min(1_024, max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

    /// Refuses what is out of range.
    ///
    /// - Throws: ``IndexError/invalidParameter(_:)``.
    package func validate() throws {
      guard (2...128).contains(M) else {
        throw IndexError.invalidParameter("M is \(M): choose 2 to 128")
      }
      guard (1...65_536).contains(efConstruction) else {
        throw IndexError.invalidParameter("efConstruction is \(efConstruction): choose 1 to 65536")
      }
      guard (1...1_024).contains(threads) else {
        throw IndexError.invalidParameter("threads is \(threads): choose 1 to 1024")
      }
    }
  }

  /// Where the exact vectors are kept, with which answers are ordered and distances told.
  public enum VectorStorage: Sendable, Hashable {
    /// In memory.
    case memory
    /// In a file without a name in this folder, mapped in: the system keeps in memory what is used and room is for.
    /// Memory then holds the links and short codes alone; see ``HNSWIndex/Memory``.
    case file(folder: String)
  }
}
