import Foundation
import VectorFiles

/// How a file of vectors is imported.
public struct ImportOptions: Sendable {
  /// The embedder that made the vectors. A gallery without one gets it, with kind `vector`; a gallery that has another
  /// refuses. May be nil where the gallery has one.
  public var embedder: String?
  /// How the vectors are compared; nil for the gallery's own metric, or Euclidean where it has none yet.
  public var metric: Metric?
  /// The file's format; nil to go by the end of its name.
  public var format: VectorFileFormat?
  /// A file with one name a line for `.npy` and `.fvecs`; without it a row's number, from 0, is its name.
  public var names: String?
  /// How many rows go into one transaction; nil for 10,000, and fewer of very long vectors.
  public var batch: Int?
  /// Goes on behind the last batch of an import of the same file that was cut off.
  public var resumes = false
  /// Leaves out rows at fault, and says which, instead of stopping.
  public var skipsBadRows = false
  /// What becomes of embeddings that are there already.
  public var replacing = Replacement.nothing

  /// The defaults.
  public init() {}
}

/// What an import did.
public struct ImportReceipt: Sendable, Hashable {
  /// A row that was left out.
  public struct LeftOut: Sendable, Hashable {
    /// Its line or row.
    public var place: String
    /// What is wrong with it.
    public var reason: String
  }

  /// How many embeddings hold what this import read. Of rows that share identity and source, with
  /// ``Replacement/sameSource``, the last one is the embedding.
  public var enrolled = 0
  /// How many embeddings of before gave way to them: otherwise than the new ones, or further ones of the same source.
  public var replaced = 0
  /// How many of those enrolled were there already, just so.
  public var unchanged = 0
  /// How many rows gave way to later ones of the file, with the same identity and source.
  public var superseded = 0
  /// How many rows of the file an earlier import had enrolled, and this one enrolled once more; 0 where it was to replace
  /// them, or went on behind them.
  public var enrolledAgain = 0
  /// What rows without a source of their own have as its beginning, where an earlier import of the file gave them another,
  /// so that this one could not replace them; nil where that is not so.
  public var otherLabel: String?
  /// The metric by which the vectors are compared.
  public var metric = Metric.euclidean
  /// Whether the gallery's embedder came to be by this import.
  public var isNewEmbedder = false
  /// In how many transactions.
  public var batches = 0
  /// How many of the file's rows an earlier import had dealt with, where this one went on behind it.
  public var skippedAsDone = 0
  /// How many rows were left out.
  public var leftOutCount = 0
  /// The first of them.
  public var leftOut: [LeftOut] = []
  /// Fields of the file that a gallery has no place for.
  public var ignoredFields: [String] = []

  /// How many rows ``leftOut`` names at most.
  static let named = 100
}

/// How far an import is.
public struct ImportProgress: Sendable, Hashable {
  /// Rows stored, those of an earlier import of the file too.
  public var rows: Int
  /// Rows in the file, where that is known.
  public var totalRows: Int?
  /// Bytes read.
  public var bytes: Int
  /// Bytes in the file, where that is known.
  public var totalBytes: Int?
}

/// Why an import stopped, and how far it came.
public struct ImportError: Error, CustomStringConvertible, LocalizedError {
  /// What is wrong: the file, the line or row, and the reason.
  public var fault: String
  /// How many rows of the file are enrolled and durable.
  public var enrolled: Int
  /// In how many batches.
  public var batches: Int
  /// Whether it can go on behind them.
  public var canResume: Bool
  /// Whether only a row is at fault, which could be left out.
  public var isRowFault: Bool

  /// What is wrong, and how far it came.
  public var description: String { "\(fault); \(standing)" }
  /// The same text, for Foundation.
  public var errorDescription: String? { description }

  /// How far it came.
  public var standing: String {
    enrolled == 0
      ? "nothing of it was enrolled"
      : "its first \(enrolled) \(enrolled == 1 ? "row is" : "rows are") enrolled, in \(batches) "
        + "\(batches == 1 ? "batch" : "batches")"
  }
}
