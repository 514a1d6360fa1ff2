import Foundation
import LikenessTraining
import Networks

/// What `train words` says at its end.
struct WordTrainingSummary: Encodable {
  /// Figures on one file.
  struct Check: Encodable {
    var file: String
    var model: WordOutcome
    /// Nil where the corpus is too small or too large for any.
    var principalComponents: WordOutcome?

    enum CodingKeys: String, CodingKey {
      case file, model
      case principalComponents = "pca"
    }
  }

  var model: String
  var recipe = "words"
  var dimension: Int
  var seed: UInt64
  var words: Int
  var tokens: Int
  var seconds: Double
  var wordsPerSecond: Double
  var peakMemoryBytes: Int
  var epochs: [WordEpochRecord]
  var checks: [Check]
  /// What was left out of the recipe, as sentences.
  var notes: [String]
  var skipped: [LabelledInputs.Skipped]
  /// The report's page, where one was asked for.
  var report: String?

  enum CodingKeys: String, CodingKey {
    case model, recipe, dimension, seed, words, tokens, seconds, epochs, checks, notes, skipped, report
    case wordsPerSecond = "words_per_second"
    case peakMemoryBytes = "peak_memory_bytes"
  }

  init(_ trained: TrainedWords, out: String, report: String?, checks: [WordCheck]) throws {
    self.report = report
    model = out
    dimension = trained.model.dimension
    seed = trained.card.settings.seed
    words = trained.card.words
    tokens = trained.card.tokens
    seconds = trained.seconds
    epochs = trained.epochs
    notes = trained.card.notes ?? []
    skipped = trained.corpus.skipped
    wordsPerSecond = trained.epochs.last { $0.stage == "vectors" }?.wordsPerSecond ?? 0
    peakMemoryBytes = PeakMemory.bytes
    self.checks = []
    if checks.isEmpty { return }
    var components: WordModel?
    do {
      components = try trained.principalComponents()
    } catch let error as BaselineError {
      notes.append("\(error)")
    }
    self.checks = try checks.map { check in
      Check(
        file: check.path, model: try check.outcome(of: trained.model, vocabularyLimit: nil),
        principalComponents: try components.map { try check.outcome(of: $0, vocabularyLimit: nil) })
    }
  }

  var text: String {
    var lines = [
      "words: \(dimension) values a word, \(words) words of \(tokens) tokens, in "
        + String(format: "%.0f s (%.0f words/s, %d MB)", seconds, wordsPerSecond, peakMemoryBytes >> 20)
        + ", in \(model)"
    ]
    lines += notes.map { "note: \($0)" }
    if let report { lines.append("report: \(report)") }
    for check in checks {
      lines.append(
        "\(check.file): \(check.model.headline)"
          + (check.principalComponents.map { "; principal components: \($0.headline)" } ?? ""))
    }
    if !skipped.isEmpty {
      lines.append("left out \(counted(skipped.count, "file")):")
      lines += skipped.map { "  \($0.path): \($0.reason)" }
    }
    return lines.joined(separator: "\n")
  }
}
