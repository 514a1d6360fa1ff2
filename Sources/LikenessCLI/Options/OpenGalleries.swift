import Likeness
import Synchronization

/// The galleries a command has opened. They are closed when it has ended, whichever way: closing saves the index, so
/// that the next command need not build it again, and empties the write-ahead log.
enum OpenGalleries {
  private static let all = Mutex<[Gallery]>([])

  static func add(_ gallery: Gallery) { all.withLock { $0.append(gallery) } }

  /// Closes them.
  ///
  /// - Throws: The first error, after all were closed that can be.
  static func close() throws {
    let galleries = all.withLock { all in
      defer { all = [] }
      return all
    }
    let outcomes = galleries.map { gallery in Result { try gallery.close() } }
    for outcome in outcomes { try outcome.get() }
  }
}
