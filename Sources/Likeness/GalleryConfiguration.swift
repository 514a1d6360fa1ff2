import Logging

/// How a gallery is opened. The defaults suit nearly everyone.
///
/// What is out of its range is refused on opening, with ``GalleryError/invalidArgument(reason:)``.
public struct GalleryConfiguration: Sendable {
  /// What an acknowledged write survives.
  public enum Durability: String, Sendable, Hashable {
    /// Kill -9 and power loss: SQLite's `synchronous=FULL`.
    case full
    /// Kill -9; a power loss may take the last transactions, never part of one: `synchronous=NORMAL`.
    case processCrash
  }

  /// When the index is built.
  public enum Indexing: String, Sendable, Hashable {
    /// When the gallery is opened, and kept in step with every commit.
    case onOpen
    /// At the first query: for programs that only write.
    case onFirstQuery
  }

  /// When the index is saved beside the gallery, so that the next opening need not build it.
  public enum Snapshots: String, Sendable, Hashable {
    /// When the gallery is closed, and in the background after many changes.
    case automatic
    /// When ``Gallery/saveSnapshot()`` is called. Opening uses what is there.
    case onDemand
    /// Only when ``Gallery/saveSnapshot()`` is called, and opening always builds the index from the rows.
    case never
  }

  /// Opens without the right to write, even where the file would allow it.
  public var readOnly = false
  /// What an acknowledged write survives.
  public var durability = Durability.full
  /// How many seconds a write waits for another process's transaction before it is refused; with infinity it never is.
  public var busyTimeout: Double = 5
  /// When the index is built.
  public var indexing = Indexing.onOpen
  /// The graph's `M`: neighbours a node keeps on each level, 2…128.
  public var M = 16
  /// The graph's `efConstruction`: how widely neighbours are looked for when a vector is added, 1…65,536.
  public var efConstruction = 200
  /// How widely a query looks, at least 1; nil for the index's own choice: what finds 95 of a hundred of the nearest on the
  /// average, as it measures on the gallery's own vectors, 64 at least; where no `ef` does, it compares all.
  public var ef: Int?
  /// The share of the true nearest that queries are to find, 0…1, where no `ef` is given; nil for the index's own choice.
  public var recall: Double?
  /// The seed of the graph's levels: the same rows in the same order give the same graph.
  public var seed: UInt64 = 1
  /// Below this many vectors every one is compared, so that none is missed; nil for as many as that takes a tenth of a
  /// millisecond for: 4,800 of 128 values, 1,700 of 512.
  public var exactBelow: Int?
  /// How many threads may work on building the index and on one large change of it, 1…1,024; nil for one a processor.
  /// Never makes a difference to an answer.
  public var threads: Int?
  /// Keeps the vectors that answers are ordered by out of memory, for galleries that would fill it.
  ///
  /// They go into a file without a name, as large as all of them, which the system maps in: of it there is in memory
  /// what is used, as long as nobody else needs the room. The index then holds links and short codes alone. Answers are
  /// the same. It costs the room on the disk and the writing of it when the gallery is opened, and a query that needs
  /// vectors that the system has dropped waits for the disk. ``Gallery/forget(_:)`` overwrites a person's vectors there
  /// too. The file goes with the gallery object, however the process ends, and the disk's blocks are given back with the
  /// vectors of those who were enrolled then: keep it on a disk that is encrypted where that matters.
  public var compact = false
  /// The folder of a compact gallery's file of vectors; nil for the gallery's own folder, or the temporary one where
  /// that cannot be written. A temporary folder that is kept in memory saves nothing.
  public var compactFolder: String?
  /// When the index is saved beside the gallery. A gallery that cannot be written uses what is there and saves nothing.
  public var snapshots = Snapshots.automatic
  /// After how many changes the index is saved in the background; nil for a tenth of its vectors, 10,000 at least.
  public var snapshotInterval: Int?
  /// With fewer vectors than this nothing is saved by itself: building the index is as fast as reading it.
  public var snapshotThreshold = 2_000
  /// How many changes the log keeps for other processes; one that fell further behind compares all rows instead.
  public var changeLogLimit = 100_000
  /// Where warnings go, of damaged rows above all.
  public var logger = Logger(label: "likeness.gallery")

  /// The defaults.
  public init() {}
}

/// How far the building of an index is.
public struct GalleryProgress: Sendable, Hashable {
  /// How many embeddings are indexed.
  public var completed: Int
  /// How many there are.
  public var total: Int
}
