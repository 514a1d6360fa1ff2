import Foundation
import LikenessTraining

/// Shows a training of words while it runs: a bar on a terminal, a line an epoch elsewhere.
final class WordTrainingProgress: Sendable {
  private let reading = ProgressBar("Reading", unit: "bytes")
  private let stages = ["vectors": ProgressBar("Vectors", unit: "words"), "gaps": ProgressBar("Gaps", unit: "words")]

  func show(_ event: WordTrainingEvent) {
    switch event {
    case .reading(let done, let total):
      reading.update(done, of: total)
    case .corpus(let words, let tokens):
      reading.finish("\(words) words, \(tokens) tokens")
      if !Console.isInteractive { Console.note("training on \(tokens) tokens of \(words) different words") }
    case .progress(let stage, let done, let total, let loss):
      stages[stage]?.update(done, of: total, remark: String(format: "loss %.3f", loss))
    case .epoch(let record):
      if Console.isInteractive { return }
      Console.note(
        "\(record.stage): epoch \(record.epoch), "
          + String(
            format: "loss %.4f, %.0f words/s, %.0f s", record.loss, record.wordsPerSecond, record.seconds))
    }
  }

  func finish() {
    reading.finish()
    for bar in stages.values { bar.finish() }
  }
}
