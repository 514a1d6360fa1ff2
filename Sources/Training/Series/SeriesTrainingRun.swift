import Foundation
import Networks

/// One training from first to last step.
struct SeriesTrainingRun {
  private let data: SeriesTrainingData
  private let settings: SeriesSettings
  private let network: Network
  private var optimizer: AdamW
  private var average: WeightAverage
  private let schedule: OneCycle
  private let random: SeededRandom
  private(set) var epochs: [SeriesEpoch] = []
  private(set) var best = 0
  private(set) var bestWeights: [String: Tensor]
  private var (busy, frames) = (0.0, 0)

  /// Moments trained on in a second of steps.
  var framesPerSecond: Double { busy > 0 ? Double(frames) / busy : 0 }

  init(architecture: Architecture, data: SeriesTrainingData, settings: SeriesSettings, workers: Int?) throws {
    self.data = data
    self.settings = settings
    network = try Network(architecture: architecture, seed: settings.seed, workers: workers ?? Workers.cores)
    optimizer = AdamW(weightDecay: settings.weightDecay)
    average = WeightAverage(decay: settings.averageDecay)
    schedule = OneCycle(peak: settings.peakRate)
    random = SeededRandom(seed: settings.seed).split(2)
    bestWeights = network.weights
  }

  mutating func advanceToEnd(
    until deadline: ContinuousClock.Instant?, since started: ContinuousClock.Instant,
    onEvent: (SeriesTrainer.Event) -> Void
  ) throws {
    let begin = ContinuousClock.now
    var (sum, steps) = (0.0, 0)
    for step in 0..<settings.steps {
      let now = ContinuousClock.now
      // With little time the schedule runs as fast as the clock, so that the rate has come down when it is over.
      var position = step
      if let deadline {
        let share = (now - begin) / max(deadline - begin, .nanoseconds(1))
        position = max(step, min(settings.steps - 1, Int(min(1, share) * Double(settings.steps))))
      }
      sum += try advance(step, rate: schedule.rate(at: position, of: settings.steps))
      steps += 1
      busy += (ContinuousClock.now - now) / .seconds(1)
      onEvent(.step(step + 1, of: settings.steps))
      let isOver = step + 1 == settings.steps || deadline.map { ContinuousClock.now >= $0 } ?? false
      guard (step + 1) % settings.stepsPerEpoch == 0 || isOver else { continue }
      try look(step: step + 1, loss: sum / Double(steps), seconds: started.secondsUntilNow, onEvent: onEvent)
      (sum, steps) = (0, 0)
      if isOver || (2 * epochs[best].step >= settings.steps && epochs.count - 1 - best >= settings.patience) { return }
    }
  }

  private mutating func advance(_ step: Int, rate: Double) throws -> Double {
    var random = random.split(UInt64(step))
    let part = data.training
    var places: [NeighbourPairLoss.Place] = []
    var batch: [Float] = []
    for _ in 0..<settings.seriesPerBatch {
      // A piece by its share of moments: every moment is as likely as any other.
      let moment = random.integer(below: part.moments)
      let piece = part.piece(of: moment)
      let own = part.bounds[piece]..<part.bounds[piece + 1]
      let count = min(settings.momentsPerSeries, own.count)
      let start = random.integer(below: own.count - count + 1)
      for step in start..<start + count { places.append(.init(piece: piece, step: step)) }
      let from = own.lowerBound + start
      batch += part.rows(from..<from + count, of: piece, span: settings.span)
    }
    let input = Tensor(shape: [places.count, settings.span * part.count], values: batch)
    let (loss, gradient) = settings.loss.evaluate(
      network.forward(input, training: true), places: places, workers: network.workers)
    guard loss.isFinite else {
      throw TrainingError.lossNotFinite(step: step, epoch: epochs.count + 1, kept: nil)
    }
    network.zeroGradients()
    network.backward(gradient)
    optimizer.step(network, rate: rate)
    average.update(from: network)
    frames += places.count
    return loss
  }

  private mutating func look(
    step: Int, loss: Double, seconds: Double, onEvent: (SeriesTrainer.Event) -> Void
  ) throws {
    let weights = average.weights
    let validation = try validationLoss(weights)
    let epoch = SeriesEpoch(
      epoch: epochs.count + 1, step: step, loss: loss, validationLoss: validation, seconds: seconds)
    epochs.append(epoch)
    // While the rate is high the loss on few subjects says little of the embedding: a network that has hardly moved from
    // its random weights can have the lowest. The choice is among the epochs of the second half.
    let isEarly = 2 * epochs[best].step < settings.steps
    let bar = epochs.count == 1 || isEarly ? Double.infinity : epochs[best].validationLoss ?? .infinity
    if validation.map({ $0 < bar }) ?? true {
      best = epochs.count - 1
      bestWeights = weights
    }
    onEvent(.epoch(epoch))
  }

  /// The loss on batches that are the same in every epoch.
  private func validationLoss(_ weights: [String: Tensor]) throws -> Double? {
    let part = data.validation
    guard part.pieces > 0 else { return nil }
    let model = try EmbeddingModel(architecture: network.architecture, weights: weights)
    var (sum, batches) = (0.0, 0)
    for start in stride(from: 0, to: min(part.pieces, 8 * settings.seriesPerBatch), by: settings.seriesPerBatch) {
      var places: [NeighbourPairLoss.Place] = []
      var batch: [Float] = []
      for piece in start..<min(start + settings.seriesPerBatch, part.pieces) {
        let own = part.bounds[piece]..<part.bounds[piece + 1]
        let count = min(settings.momentsPerSeries, own.count)
        for step in 0..<count { places.append(.init(piece: piece, step: step)) }
        batch += part.rows(own.lowerBound..<own.lowerBound + count, of: piece, span: settings.span)
      }
      let input = Tensor(shape: [places.count, settings.span * part.count], values: batch)
      let loss = settings.loss.evaluate(
        try model.embed(input, workers: network.workers.count), places: places, workers: network.workers)
      sum += loss.loss
      batches += 1
    }
    return batches == 0 ? nil : sum / Double(batches)
  }
}

extension SeriesTrainingData.Part {
  /// The piece that a moment belongs to.
  func piece(of moment: Int) -> Int {
    var (low, high) = (0, pieces - 1)
    while low < high {
      let middle = (low + high + 1) / 2
      if bounds[middle] <= moment { low = middle } else { high = middle - 1 }
    }
    return low
  }
}
