import Synchronization

/// How far a training is, by tokens and by the time it was given, and the rate that belongs to it.
final class CorpusClock: Sendable {
  let total: Int
  private let peak: Double
  private let clock: TrainingClock
  private let tokens: Atomic<Int>

  /// - Parameter done: tokens that were trained on before.
  init(total: Int, done: Int, peak: Double, clock: TrainingClock) {
    (self.total, self.peak, self.clock) = (total, peak, clock)
    tokens = Atomic(done)
  }

  var done: Int { tokens.load(ordering: .relaxed) }
  func advance(_ count: Int) { tokens.wrappingAdd(count, ordering: .relaxed) }

  var elapsed: Double { clock.seconds }

  var isOver: Bool { clock.budget.map { elapsed >= $0 } ?? false }

  private var share: Double {
    let share = Double(done) / Double(max(1, total))
    return clock.budget.map { max(share, elapsed / max($0, 1e-9)) } ?? share
  }

  /// The rate falls in a straight line, by whichever of tokens and time is farther; not below a ten-thousandth.
  var rate: Double { peak * max(1 - share, 1e-4) }

  /// What there is to say of it.
  func event(loss: Double) -> TrainingEvent { .step(done, of: total, loss: loss, progress: min(1, share)) }
}
