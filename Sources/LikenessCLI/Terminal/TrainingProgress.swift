import Foundation
import LikenessTraining
import Synchronization

/// Shows a training while it runs: a bar on a terminal, a line an epoch elsewhere.
///
/// Takes events of several networks, one call at a time.
final class TrainingProgress: Sendable {
  private struct State {
    var trainings = 1
    var steps: [Int: Int] = [:]
    var remark = ""
  }

  private let bar: ProgressBar
  private let isQuiet: Bool
  private let state = Mutex(State())

  /// - Parameters:
  ///   - label: what stands before the bar.
  ///   - isQuiet: whether epochs go unsaid where there is no terminal.
  init(_ label: String, isQuiet: Bool = false) {
    bar = ProgressBar(label, unit: "steps")
    self.isQuiet = isQuiet
  }

  func show(_ training: Int, _ event: TrainingEvent) {
    switch event {
    case .planned(let trainings):
      state.withLock { $0.trainings = trainings }
    case .started(let inputs, let identities, let validationIdentities, let parameters):
      guard !isQuiet, !Console.isInteractive else { return }
      Console.note(
        "training \(parameters) parameters on \(inputs) pictures of \(identities) identities, "
          + "\(validationIdentities) others to steer by")
    case .step(let step, let total, _):
      let (done, all, remark) = state.withLock { state in
        state.steps[training] = step
        return (state.steps.values.reduce(0, +), total * state.trainings, state.remark)
      }
      bar.update(done, of: all, remark: remark)
    case .epoch(let record):
      let text = "training \(training + 1): " + Self.text(record)
      state.withLock { $0.remark = text }
      if !isQuiet, !Console.isInteractive { Console.note("epoch \(record.epoch), step \(record.step), \(text)") }
    case .collapsed(let record):
      Console.note((Console.isInteractive ? "\n" : "") + "training \(training + 1): " + record.sentence)
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
