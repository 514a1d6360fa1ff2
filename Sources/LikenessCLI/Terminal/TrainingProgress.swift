import Foundation
import LikenessTraining

/// Shows a training while it runs: a bar on a terminal, a line an epoch elsewhere.
final class TrainingProgress {
  private let bar: ProgressBar
  private let isQuiet: Bool
  private var steps = (done: 0, total: 1)
  private var remark = ""

  /// - Parameters:
  ///   - label: what stands before the bar.
  ///   - isQuiet: whether epochs go unsaid where there is no terminal.
  init(_ label: String, isQuiet: Bool = false) {
    bar = ProgressBar(label, unit: "steps")
    self.isQuiet = isQuiet
  }

  func show(_ event: TrainingEvent) {
    switch event {
    case .started(let inputs, let identities, let validationIdentities, let parameters):
      guard !isQuiet, !Console.isInteractive else { return }
      Console.note(
        "training \(parameters) parameters on \(inputs) pictures of \(identities) identities, "
          + "\(validationIdentities) others to steer by")
    case .step(let step, let total, _):
      steps = (step, total)
      bar.update(step, of: total, remark: remark)
    case .epoch(let record):
      remark = Self.text(record)
      if !isQuiet, !Console.isInteractive {
        Console.note("epoch \(record.epoch), step \(record.step) of \(steps.total): \(remark)")
      }
    case .collapsed(let record):
      Console.note((Console.isInteractive ? "\n" : "") + record.sentence)
    }
  }

  func finish() {
    bar.finish()
  }

  private static func text(_ record: EpochRecord) -> String {
    var text = String(format: "loss %.4f, mean distance %.3f", record.loss, record.meanDistance)
    if let eer = record.eer, let score = record.score {
      text += String(format: ", validation EER %.3f, score %.3f", eer, score)
    }
    return text
  }
}
