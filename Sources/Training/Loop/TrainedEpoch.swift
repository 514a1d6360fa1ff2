/// One epoch of a training, whatever is trained: what progress, galleries and reports ask of it.
public protocol TrainedEpoch: Sendable, Codable {
  /// Counted from 1.
  var epoch: Int { get }
  /// Steps done at its end.
  var step: Int { get }
  /// The mean loss over the epoch's steps.
  var loss: Double { get }
  /// Seconds of training at its end, those before it was cut off included.
  var seconds: Double { get set }
  /// What else was measured, by name.
  var metrics: [String: Double] { get }
}

extension TrainedEpoch {
  /// For model cards: the seconds are chance, and a card is the same for the same training.
  var withoutSeconds: Self {
    var epoch = self
    epoch.seconds = 0
    return epoch
  }
}
