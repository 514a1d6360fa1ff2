import Foundation
import GRDB
import HNSW
import Locks
import Logging
import Synchronization

/// A gallery: one SQLite file with identities, their embeddings and the embedder that made them, and an index in
/// memory that answers *who is this most like?*
///
/// ```swift
/// let gallery = try Gallery(path: "people.gallery")
/// try gallery.register(EmbedderSpecification(name: "faces", kind: "image", dimension: 3, metric: .euclidean))
/// try gallery.enroll([0.9, 0.1, 0.0], as: "Ada", source: "ada-1.jpg")
/// try gallery.enroll([0.0, 0.2, 0.8], as: "Grace", source: "grace-1.jpg")
///
/// let answer = try gallery.query(.vector([0.8, 0.2, 0.1]), k: 1)
/// print(answer.candidates[0].identity, answer.candidates[0].distance)  // Ada 0.17320506
/// ```
///
/// **The rows are the only truth.** The index is built from them when the gallery is opened, or begins with what was saved
/// of it and is compared with all of them; and every answer comes from an index that agrees with the snapshot of the rows
/// that the answer reads, also when another process or a person with `sqlite3` wrote a moment ago. Triggers keep a log of
/// changes that says what to follow; who switches them off is found by the pages written. Only where those were
/// overwritten in the write-ahead log before anybody looked, or belong to the middle of a long vector, an update that left no
/// trace is in the answers from about a second later on, when all rows were compared in the background. Such comparisons
/// take up 2 % of one core at most, and nobody waits for them.
///
/// **Concurrency.** All methods may be called from any thread. Reads wait neither for writers of this process nor for
/// those of others. Writes go one after the other; a write that waits longer than
/// ``GalleryConfiguration/busyTimeout`` for another process throws ``GalleryError/locked(path:seconds:holder:)``.
/// Two galleries on the same file in one process work like two processes.
///
/// **Durability.** When a writing method returns, its rows survive kill -9 and power loss
/// (``GalleryConfiguration/durability``). When one throws, the file is as it was before. Once the file, or one beside it, was
/// moved, deleted or replaced by other means, writing throws ``GalleryError/moved(path:file:)``.
///
/// **Names.** Identities are called by their Unicode text in composed form (NFC), whichever form is given. Names are
/// otherwise kept as they are: case and spaces count. A name that another program stored decomposed is found by
/// exactly that form.
public final class Gallery: Sendable {
  let connections: Connections
  let keeper: IndexKeeper
  let configuration: GalleryConfiguration
  /// Puts enrolments that come at the same time into one transaction.
  let commits = CommitGroup()
  let attached = Locked<AttachedEmbedder?>(nil)
  /// Whether a checkpoint after a deletion could not finish.
  let erasureIsPending = Atomic(false)

  /// The path of the file: as it was given, but where that is a symbolic link, what it leads to.
  public let path: String
  /// Why nothing can be written, as a sentence; nil where writing is possible.
  public let readOnlyReason: String?
  /// Whether nothing can be written: the file or its folder is read-only, its schema is newer than this library, or
  /// the configuration asked for it.
  public var isReadOnly: Bool { readOnlyReason != nil }

  /// Opens the gallery at `path`, or makes one where there is no file or an empty one, and builds its index.
  ///
  /// - Parameters:
  ///   - path: The gallery file. SQLite keeps two files beside it while it is open, `-wal` and `-shm`; the index is kept
  ///     in a third, `-index`, which may be deleted at any time (``saveSnapshot()``).
  ///   - configuration: How to open it.
  ///   - progress: Called from this thread while the index is built.
  /// - Throws: ``GalleryError``: ``GalleryError/notAGallery(path:reason:)`` for any other file, which is left as it is,
  ///   ``GalleryError/cannotOpen(path:reason:)``, ``GalleryError/damagedFile(path:reason:)``,
  ///   ``GalleryError/locked(path:seconds:holder:)``; ``GalleryError/invalidArgument(reason:)`` for a configuration out of
  ///   its range.
  public init(
    path: String, configuration: GalleryConfiguration = .init(),
    progress: ((GalleryProgress) -> Void)? = nil
  ) throws {
    try configuration.check()
    let path = GalleryFile.resolved(path)
    let file = try GalleryError.translating(path: path, busyTimeout: configuration.busyTimeout) {
      try GalleryFile.open(path: path, configuration: configuration)
    }
    self.path = path
    self.configuration = configuration
    connections = file.connections
    readOnlyReason = file.readOnlyReason
    keeper = IndexKeeper(
      configuration: configuration, path: path, connections: file.connections, canSave: file.readOnlyReason == nil)
    if !isReadOnly { try translating { try finishEarlierErasure() } }
    if configuration.indexing == .onOpen { try translating { try buildIndex(progress: progress) } }
  }

  /// Opens a gallery and attaches its embedder, which is registered where the gallery has none yet.
  ///
  /// - Throws: What ``init(path:configuration:progress:)`` throws, and
  ///   ``GalleryError/otherEmbedder(stored:offered:difference:)`` where the gallery's vectors are another embedder's.
  public convenience init(
    path: String, embedder: any Embedder, configuration: GalleryConfiguration = .init(),
    progress: ((GalleryProgress) -> Void)? = nil
  ) throws {
    try self.init(path: path, configuration: configuration, progress: progress)
    try attach(embedder)
  }

  /// Saves the index (``GalleryConfiguration/snapshots``) and closes the gallery: everything after this throws
  /// ``GalleryError/closed(path:)``, also an opening that still builds the index. A gallery that nobody refers to any more
  /// closes by itself, without saving.
  public func close() throws {
    try translating {
      let isFirst = !keeper.isClosing.exchange(true, ordering: .acquiringAndReleasing)
      if erasureIsPending.load(ordering: .acquiring) { _ = try? erase(waiting: true) }
      if isFirst { keeper.saveAtClosing() }
      try connections.close()
    }
  }

  func buildIndex(progress: ((GalleryProgress) -> Void)? = nil) throws {
    if keeper.isBuilt { return }
    try keeper.buildIfNeeded(progress: progress)
  }

  /// Runs `body` with SQLite's errors turned into this library's.
  func translating<T>(_ body: () throws -> T) throws -> T {
    try GalleryError.translating(path: path, busyTimeout: configuration.busyTimeout, body)
  }

  /// An error in this library's words.
  func translated(_ error: any Error) -> String {
    do {
      return try translating { throw error }
    } catch {
      return "\(error)"
    }
  }

  /// One transaction that reads.
  func reading<T>(_ body: (Database) throws -> T) throws -> T {
    try translating { try connections.read(body) }
  }

  /// One transaction that writes, after which the index follows.
  ///
  /// - Parameter isFollowed: Whether it does; where not, ``followAfterWrite()`` is left to the caller.
  func writing<T>(isFollowed: Bool = true, _ body: (Database) throws -> T) throws -> T {
    if let readOnlyReason { throw GalleryError.readOnly(path: path, reason: readOnlyReason) }
    let result = try translating {
      try connections.write { db in
        try LastID.explaining(path, in: db) {
          let result = try body(db)
          try ChangeLog.prune(db, keeping: configuration.changeLogLimit)
          return result
        }
      }
    }
    // From here on the write is acknowledged, whatever happens: an index that could not follow does so at the next
    // query, or says there why it cannot.
    if isFollowed { followAfterWrite() }
    if erasureIsPending.load(ordering: .acquiring) { _ = try? erase(waiting: false) }
    return result
  }

  /// Brings the index to the last commit.
  ///
  /// - Parameter step: How many vectors go into the graph at once; nil for few enough that nobody waits long.
  func followAfterWrite(step: Int? = nil) {
    guard keeper.isBuilt || configuration.indexing == .onOpen else { return }
    do {
      // Built once, also where another thread is at it.
      try buildIndex()
      let view = try connections.read { db, last in try keeper.view(db, last: &last) }
      if let view { keeper.close(view) }
      keeper.drain(step: step)
    } catch {
      configuration.logger.warning("the index does not follow yet: \(error)")
    }
  }
}
