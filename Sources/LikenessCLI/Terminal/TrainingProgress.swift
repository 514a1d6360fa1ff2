import Foundation
import LikenessTraining
import Synchronization

/// Shows a training while it runs: a bar on a terminal, a line an epoch elsewhere.
///
/// Takes events of several networks, one call at a time.
final class TrainingProgress: Sendable {
  private struct State {
    var trainings = 1
    /// By training, from 0 to 1.
    var progress: [Int: Double] = [:]
    /// What was done before a training was resumed.
    var earlier: [Int: Double] = [:]
    var steps = 0
    var remark = ""

    var done: Double { progress.values.reduce(0, +) / Double(trainings) }
    var before: Double { earlier.values.reduce(0, +) / Double(trainings) }
  }

  private let reading = ProgressBar("Reading", unit: "bytes")
  private let bar: ProgressBar
  private let isQuiet: Bool
  private let started = ContinuousClock.now
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
    case .reading(let done, let total):
      reading.update(done, of: total)
      if done >= total { reading.finish() }
    case .gaveUp(let checkpoints):
      Console.note("a training that was cut off is given up (\(checkpoints)): --resume would have gone on with it")
    case .preparing(let what):
      if !isQuiet { Console.note("first, \(what)") }
    case .planned(let trainings, _):
      state.withLock { $0.trainings = trainings }
    case .started(let parameters, let data):
      guard !isQuiet, !Console.isInteractive else { return }
      Console.note("training \(training + 1): \(parameters) parameters on \(data)")
    case .resumed(let epoch, _):
      Console.note((Console.isInteractive ? "\n" : "") + "training \(training + 1): goes on after epoch \(epoch)")
      state.withLock { $0.earlier[training] = -1 }
    case .step(_, let total, _, let progress):
      let (done, earlier, all, remark) = state.withLock { state in
        if state.earlier[training] == -1 { state.earlier[training] = progress }
        state.progress[training] = progress
        let all = Double(total * state.trainings)
        return (Int(state.done * all), Int(state.before * all), Int(all), state.remark)
      }
      bar.update(done, of: all, earlier: earlier, remark: remark)
    case .epoch(let record):
      let (text, left) = state.withLock { state in
        let text = "training \(training + 1) epoch \(record.epoch): " + Self.text(record)
        state.remark = text
        return (text, Self.left(state, seconds: started))
      }
      if !isQuiet, !Console.isInteractive { Console.note("\(text), \(left)") }
    case .collapsed(let record):
      Console.note((Console.isInteractive ? "\n" : "") + "training \(training + 1): " + record.sentence)
    }
  }

  func finish() {
    reading.finish()
    bar.finish()
  }

  private static func left(_ state: State, seconds started: ContinuousClock.Instant) -> String {
    let elapsed = (ContinuousClock.now - started) / .seconds(1)
    let own = state.done - state.before
    return own > 0 ? "\(ProgressBar.clock(elapsed * (1 - state.done) / own)) left" : ""
  }

  private static func text(_ record: any TrainedEpoch) -> String {
    let metrics = record.metrics.sorted { $0.key < $1.key }.map { name, value in
      let format = abs(value) < 0.01 ? " %.2g" : abs(value) < 1_000 ? " %.3f" : " %.0f"
      return name.replacingOccurrences(of: "_", with: " ") + String(format: format, value)
    }
    return ([String(format: "loss %.4f", record.loss)] + metrics).joined(separator: ", ")
  }
}
