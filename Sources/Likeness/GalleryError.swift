import Foundation

/// Why a gallery refused. Every description is a sentence that names what is wrong and a way out.
///
/// Whatever is thrown, the gallery file is as it was before the call.
public enum GalleryError: Error, Sendable, Hashable {
  // Opening

  /// The file is something else: text, a directory, another program's database.
  case notAGallery(path: String, reason: String)
  /// The file cannot be opened or made.
  case cannotOpen(path: String, reason: String)
  /// SQLite finds the file's pages damaged.
  case damagedFile(path: String, reason: String)
  /// The gallery was closed with ``Gallery/close()``.
  case closed(path: String)

  /// The index cannot be built, or cannot grow, for `reason`.
  case cannotIndex(path: String, reason: String)
  /// The index cannot be saved, for `reason`. The gallery is as good as before, its next opening takes longer.
  case cannotSave(path: String, reason: String)

  // Writing

  /// Nothing can be written here, for `reason`.
  case readOnly(path: String, reason: String)
  /// Another process (`holder`, where the system tells) is in a write transaction.
  case locked(path: String, seconds: Double, holder: String?)
  /// There is no room for the write.
  case diskFull(path: String)
  /// A file would become larger than this process may write one; `limit` in bytes, where it is known.
  case fileTooLarge(path: String, limit: Int?)
  /// A row of `table` has the last id there is, 2⁶³ − 1, so that none is left for another.
  case idsUsedUp(path: String, table: String)
  /// A copy was put in the gallery's place while rows were being stored in several transactions: what was stored before is
  /// there no more, but for what the copy has of it.
  case replaced(path: String)
  /// A file of the gallery (`file`: itself, or what SQLite keeps beside it) is not at its path any more, or another is: it was
  /// moved, deleted or replaced while the gallery was open. What would be written now, nobody would find again.
  case moved(path: String, file: String)
  /// SQLite failed otherwise.
  case storage(path: String, reason: String)

  /// No copy was made at `path`, for `reason`.
  case cannotBackUp(path: String, reason: String)
  /// A copy was not put in the place of a gallery.
  case cannotRestore(path: String, reason: String)
  /// The gallery cannot be made smaller now, for `reason`.
  case cannotCompact(path: String, reason: String)

  // Embedders

  /// No embedder was registered yet, so no vector can be stored or compared.
  case noEmbedder(path: String)
  /// The gallery's embedder is another one; `difference` names what does not agree.
  case otherEmbedder(stored: String, offered: String, difference: String)
  /// The gallery knows its embedder, but nobody attached the function itself.
  case embedderNotAttached(name: String)
  /// A specification that no gallery can hold.
  case invalidEmbedder(reason: String)

  // Vectors

  /// `subject` has a number of values that the embedder does not make.
  case wrongDimension(subject: String, count: Int, embedder: String, dimension: Int)
  /// `subject` has a value that is NaN or infinite.
  case notFinite(subject: String, component: Int, value: String)
  /// `subject` has no direction, and the metric compares directions.
  case zeroVector(subject: String)
  /// `subject` has values so large that float32 distances overflow, or so small that they vanish.
  case outOfRange(subject: String, length: Double)

  // Names and arguments

  /// A name that an identity or an embedder cannot have.
  case invalidName(name: String, reason: String)
  /// No identity has this name.
  case unknownIdentity(name: String)
  /// An identity has this name already.
  case identityExists(name: String)
  /// No embedding has this id.
  case unknownEmbedding(EmbeddingID)
  /// An argument that makes no sense.
  case invalidArgument(reason: String)
}

extension GalleryError: CustomStringConvertible, LocalizedError {
  /// What happened, and what to do.
  public var description: String {
    switch self {
    case .notAGallery(let path, let reason):
      "\(path) is not a gallery: \(reason). Name another path; nothing was changed"
    case .cannotOpen(let path, let reason):
      "\(path) cannot be opened: \(reason)"
    case .damagedFile(let path, let reason):
      "\(path) is damaged: \(reason): \(Rescue.sentence(path))"
    case .cannotIndex(let path, let reason):
      "\(path) cannot be indexed: \(reason)"
    case .cannotSave(let path, let reason):
      "the index was not saved to \(path), the next opening may take longer: \(reason)"
    case .closed(let path):
      "the gallery \(path) was closed: open it again"
    case .readOnly(let path, let reason):
      "\(path) cannot be written: \(reason)"
    case .locked(let path, let seconds, let holder):
      "another process\(holder.map { " (\($0)) is writing to" } ?? " is busy with") \(path) and did not finish within "
        + "\(Self.brief(seconds)) s: try again when it is done, or wait longer (busyTimeout, --busy-timeout)"
    case .diskFull(let path):
      "no room to write to \(path): free some space and repeat; nothing of this write was kept"
    case .fileTooLarge(let path, let limit):
      "\(path), or a file beside it, would become larger than \(limit.map { "the \($0) bytes" } ?? "the file") that this "
        + "process may write: allow it larger files (ulimit -f) and repeat; nothing of this write was kept"
    case .idsUsedUp(let path, let table):
      "\(path) takes no more rows: row \(Int64.max) of \(table) has the last id there is; "
        + "'likeness doctor \(path) --fix' gives it another"
    case .replaced(let path):
      "\(path): another program put a copy in its place while rows were being stored: those stored before are there no "
        + "more, but for what the copy has of them"
    case .moved(let path, let file):
      "\(path) is not written to any more: \(file) was moved, deleted or replaced while the gallery was open, and what is "
        + "written now would be lost. Nothing of this was: save what is in it with a backup, close it, and open it again "
        + "where it is"
    case .storage(let path, let reason):
      "SQLite failed on \(path): \(reason)"
    case .cannotRestore(let path, let reason):
      "\(path) was not restored: \(reason)"
    case .cannotBackUp(let path, let reason):
      "no copy was made at \(path): \(reason)"
    case .cannotCompact(let path, let reason):
      "\(path) was not made smaller: \(reason)"
    case .noEmbedder(let path):
      "\(path) has no embedder yet, and vectors are only compared with vectors of the same embedder: register one, or "
        + "begin with 'likeness enroll \(path) … --model MODEL' or 'likeness import \(path) FILE --embedder NAME'"
    case .otherEmbedder(let stored, let offered, let difference):
      "this gallery's vectors were made by the embedder \"\(stored)\", not by \"\(offered)\" (\(difference)): "
        + "use \"\(stored)\", or enroll into another gallery"
    case .embedderNotAttached(let name):
      "this gallery's embedder \"\(name)\" is not attached: attach it, or give a vector"
    case .invalidEmbedder(let reason):
      reason
    case .wrongDimension(let subject, let count, let embedder, let dimension):
      "\(subject) has \(count) \(count == 1 ? "value" : "values"), the embedder \"\(embedder)\" makes \(dimension): "
        + "embed it with \"\(embedder)\""
    case .notFinite(let subject, let component, let value):
      "\(subject) has the value \(value) at \(component): embed it again, the input or the model is at fault"
    case .zeroVector(let subject):
      "\(subject) has length zero, and the cosine metric compares directions: leave it out, or embed it again"
    case .outOfRange(let subject, let length):
      length > 1
        ? "\(subject) has the length \(Self.brief(length)), beyond what float32 distances can hold: scale the vectors"
        : "\(subject) has the length \(Self.brief(length)), too small for float32 distances to tell from zero: scale the vectors"
    case .invalidName(let name, let reason):
      "\"\(Self.shortened(name))\" cannot be a name: \(reason)"
    case .unknownIdentity(let name):
      "nobody here is called \"\(Self.shortened(name))\": the list of identities has all names"
    case .identityExists(let name):
      "the name \"\(Self.shortened(name))\" is taken: choose another, or merge the two identities"
    case .unknownEmbedding(let id):
      "there is no embedding \(id): it was removed, or never enrolled here"
    case .invalidArgument(let reason):
      reason
    }
  }

  /// The same text, for Foundation.
  public var errorDescription: String? { description }

  private static func brief(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
  }

  static func shortened(_ name: String) -> String {
    name.count > 60 ? name.prefix(57) + "…" : name
  }
}

extension GalleryError {
  /// Whether what was stored before may be there no more.
  var isReplacement: Bool {
    if case .replaced = self { true } else { false }
  }
}
