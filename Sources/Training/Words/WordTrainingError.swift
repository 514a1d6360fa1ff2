import Foundation

/// Why word vectors could not be trained, as a sentence with the way out.
public enum WordTrainingError: Error, Sendable, Equatable, CustomStringConvertible, LocalizedError {
  /// A file or folder that cannot be read.
  case unreadable(path: String, reason: String)
  /// A file that is not text in UTF-8.
  case notText(path: String, reason: String)
  /// No words at all.
  case emptyCorpus(path: String)
  /// Fewer different words than anything can be learnt from.
  case tooFewWords(usable: Int, distinct: Int, minimumCount: Int)
  /// Words, but none beside another.
  case noNeighbours
  /// More values a vector than there are words to place.
  case dimensionTooLarge(dimension: Int, words: Int)
  /// A setting outside its range.
  case badSetting(name: String, reason: String)
  /// The tokens could not be kept in a temporary file.
  case temporaryFile(reason: String)
  /// More different words than can be numbered.
  case tooManyWords

  /// The sentence.
  public var description: String {
    switch self {
    case .unreadable(let path, let reason):
      "\(path): \(reason): give a text file, or a folder of text files"
    case .notText(let path, let reason):
      "\(path): \(reason): convert it if it is text (iconv -f LATIN1 -t UTF-8, or -f UTF-16), else take it away; in a "
        + "folder skipsBroken (--skip-broken) leaves such files out"
    case .emptyCorpus(let path):
      "\(path): there is not a word in it: give plain text in UTF-8, a sentence or paragraph a line"
    case .tooFewWords(let usable, let distinct, let minimumCount):
      "only \(usable) of the corpus's \(distinct) different words \(usable == 1 ? "occurs" : "occur") "
        + "\(minimumCount == 1 ? "once" : "\(minimumCount) times") or more, at least "
        + "\(WordCorpus.fewestWords) are needed: give more text, or lower minimumCount (--min-count)"
    case .noNeighbours:
      "no word that was left to learn from had another beside it in its line: give running text, a sentence or paragraph a "
        + "line; of a short one leave no frequent words out (--subsample 0)"
    case .dimensionTooLarge(let dimension, let words):
      "a vector of \(dimension) values for \(words) words: choose a dimension (--dimension) below the number of words"
    case .badSetting(let name, let reason):
      "\(name) \(reason)"
    case .temporaryFile(let reason):
      "the corpus's tokens cannot be kept in a temporary file: \(reason): free some space, or set TMPDIR to a folder with "
        + "4 bytes a word"
    case .tooManyWords:
      "the corpus has more than \(WordTable.most) different words: is it text?"
    }
  }

  /// The same sentence, for Foundation.
  public var errorDescription: String? { description }
}
