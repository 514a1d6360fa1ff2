import Files
import Foundation
import LikenessTraining
import Networks

/// A file that models of words are measured on.
struct WordCheck {
  let path: String
  private let data: Data

  private enum Data {
    case pairs(WordPairs)
    case analogies(Analogies)
    case gaps(GapEvaluation)
  }

  /// - Parameters:
  ///   - path: pairs or analogies, told apart by what is in the file, or sentences.
  ///   - isGaps: whether it holds sentences whose words are left out.
  ///   - seed: the seed of what is drawn.
  init(path: String, isGaps: Bool = false, seed: UInt64 = 0) throws {
    self.path = path
    guard let bytes = FileContents.of(path) else {
      throw CommandFailure("\(path): cannot be read: give a file of pairs, analogies or sentences")
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw CommandFailure("\(path): is not UTF-8 text: convert it (iconv -f LATIN1 -t UTF-8)")
    }
    do {
      if isGaps {
        var gaps = try GapEvaluation(text)
        gaps.seed = seed
        data = .gaps(gaps)
        return
      }
      switch WordEvaluation.format(of: text) {
      case .pairs: data = .pairs(try WordPairs(text))
      case .analogies: data = .analogies(try Analogies(text))
      case .text:
        throw CommandFailure(
          "holds neither pairs (word, word, score with tabs between) nor analogies (four words a line under "
            + "': section'): for plain sentences say --gaps")
      }
    } catch {
      throw CommandFailure("\(path): \(error)")
    }
  }

  /// A model's figures.
  func outcome(
    of model: WordModel, vocabularyLimit: Int?, progress: (Int, Int) -> Void = { _, _ in }
  ) throws -> WordOutcome {
    do {
      switch data {
      case .pairs(let pairs): return .pairs(try pairs.evaluate(model))
      case .analogies(let analogies):
        return .analogies(
          try analogies.evaluate(
            model, vocabularyLimit: min(vocabularyLimit ?? WordKind.vocabularyLimit, model.words.count)))
      case .gaps(let gaps): return .gaps(try gaps.evaluate(model, progress: progress))
      }
    } catch {
      throw CommandFailure("\(path): \(error)")
    }
  }
}

/// Figures of a model of words.
enum WordOutcome: EvaluationOutcome {
  case pairs(WordPairs.Report)
  case analogies(Analogies.Report)
  case gaps(GapEvaluation.Report)

  func encode(to encoder: any Encoder) throws {
    switch self {
    case .pairs(let report): try report.encode(to: encoder)
    case .analogies(let report): try report.encode(to: encoder)
    case .gaps(let report): try report.encode(to: encoder)
    }
  }

  /// The figure that stands for all.
  var headline: String {
    switch self {
    case .pairs(let report): report.spearman.map { String(format: "Spearman %.3f", $0) } ?? "no rank correlation"
    case .analogies(let report): String(format: "analogies %.1f %%", 100 * report.accuracy)
    case .gaps(let report): String(format: "MRR %.3f", report.figures.mrr)
    }
  }

  var text: String {
    switch self {
    case .pairs(let report):
      let figure = headline + ", on \(report.pairsUsed) of \(report.pairs) pairs"
      return ([figure] + report.notes.map { "note: \($0)" }).joined(separator: "\n")
    case .analogies(let report):
      var table = TextTable([("section", .left), ("right", .right), ("answered", .right), ("asked", .right)])
      for (name, section) in report.sections.sorted(by: { $0.key < $1.key }) {
        table.append([
          name, String(format: "%.1f %%", 100 * section.accuracy), "\(section.answered)", "\(section.asked)",
        ])
      }
      return table.text + "\n" + headline
        + ": \(report.answered) of \(report.asked) questions answered among the \(report.vocabularyLimit) most frequent words"
    case .gaps(let report):
      var table = TextTable([("", .left), ("MRR", .right), ("hit@10", .right)])
      for (name, figures) in [("encoder", report.figures), ("bigram", report.bigram), ("unigram", report.unigram)] {
        table.append([name, String(format: "%.3f", figures.mrr), String(format: "%.3f", figures.hitAt10)])
      }
      return table.text + "\n\(report.gaps) gaps, \(report.unknown) unknown words passed over"
    }
  }
}
