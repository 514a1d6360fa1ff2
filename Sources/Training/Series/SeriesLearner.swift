import Foundation
import Networks

/// An encoder that learns that moments close in time are similar, from fresh weights or a model's to the last step.
struct SeriesLearner: StepLearner {
  let plan: StepPlan
  private let data: SeriesTrainingData
  private let settings: SeriesSettings
  private let random: SeededRandom
  private var trained: AveragedNetwork
  private var (sum, steps) = (0.0, 0)
  private var (busy, frames) = (0.0, 0)
  /// Where the epoch that is kept ended, from 0 to 1.
  private var keptProgress = 0.0
  private(set) var weights: [String: Tensor] = [:]

  /// Moments trained on in a second of steps.
  var framesPerSecond: Double { busy > 0 ? Double(frames) / busy : 0 }

  /// - Parameter start: weights to begin with; nil for random ones.
  init(
    architecture: Architecture, data: SeriesTrainingData, settings: SeriesSettings, start: [String: Tensor]?,
    workers: Int?
  ) throws {
    self.data = data
    self.settings = settings
    plan = StepPlan(
      steps: settings.steps, stepsPerEpoch: settings.stepsPerEpoch, schedule: OneCycle(peak: settings.peakRate))
    let network = try Network(architecture: architecture, seed: settings.seed, workers: workers ?? Workers.cores)
    if let start { try network.load(start) }
    trained = AveragedNetwork(
      network, optimizer: AdamW(weightDecay: settings.weightDecay), averageDecay: settings.averageDecay)
    random = SeededRandom(seed: settings.seed).split(2)
  }

  mutating func advance(_ place: TrainingPlace, rate: Double, progress: Double) throws -> Double {
    let now = ContinuousClock.now
    var random = random.split(UInt64(place.step - 1))
    let network = trained.network
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
    guard loss.isFinite else { return .nan }
    network.zeroGradients()
    network.backward(gradient)
    guard trained.step(place.step, rate: rate).isFinite else { return .nan }
    frames += places.count
    sum += loss
    steps += 1
    busy += now.secondsUntilNow
    return loss
  }

  mutating func look(_ place: TrainingPlace, rate: Double, seconds: Double) throws -> SeriesEpoch {
    weights = trained.weights
    defer { (sum, steps) = (0, 0) }
    return SeriesEpoch(
      epoch: place.epoch, step: place.step, loss: sum / Double(max(1, steps)), rate: rate,
      validationLoss: try validationLoss(weights), seconds: seconds)
  }

  /// While the rate is high the loss on few subjects says little of the embedding: a network that has hardly moved from
  /// its random weights can have the lowest. The choice is among the epochs of the second half.
  mutating func prefers(_ epoch: SeriesEpoch, to kept: SeriesEpoch?, at place: TrainingPlace) -> Bool {
    let isEarly = kept == nil || 2 * keptProgress < 1
    let bar = isEarly ? Double.infinity : kept?.validationLoss ?? .infinity
    guard epoch.validationLoss.map({ $0 < bar }) ?? true else { return false }
    keptProgress = place.progress
    return true
  }

  func isStale(epochs: Int, at place: TrainingPlace) -> Bool {
    2 * keptProgress >= 1 && epochs >= settings.patience
  }

  /// The loss on batches that are the same in every epoch.
  private func validationLoss(_ weights: [String: Tensor]) throws -> Double? {
    let part = data.validation
    guard part.pieces > 0 else { return nil }
    let network = trained.network
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

extension SeriesLearner {
  /// What is no tensor of it.
  struct State: Sendable, Codable {
    var passes: UInt64
    var keptProgress: Double
    var busy: Double
    var frames: Int
  }

  var state: State {
    State(passes: trained.network.trainingPasses, keptProgress: keptProgress, busy: busy, frames: frames)
  }

  var tensors: [String: [String: Tensor]] { trained.tensors() }

  mutating func restore(_ tensors: [String: [String: Tensor]], _ state: State) throws {
    try trained.restore(tensors, passes: state.passes)
    (keptProgress, busy, frames) = (state.keptProgress, state.busy, state.frames)
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
