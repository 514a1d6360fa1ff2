import Networks

/// One start of a training, from fresh weights to the last step or to a collapse.
struct TrainingRun {
  private let configuration: TrainingConfiguration
  private let inputs: LabelledInputs
  private let validation: LabelledInputs?
  private let keptEpoch: Int?
  private let started: ContinuousClock.Instant
  private let network: Network
  private let schedule: OneCycle
  private let augmenter: BatchAugmenter
  private var sampler: IdentityBatchSampler
  private var optimizer: AdamW
  private var average: WeightAverage?
  private var detector: CollapseDetector
  private var steering: ValidationScore?
  private var minerRandom: SeededRandom

  /// All epochs so far.
  private(set) var epochs: [EpochRecord] = []
  /// The one that is kept.
  private(set) var bestEpoch = 0
  /// Its weights.
  private(set) var bestWeights: [String: Tensor]

  init(
    architecture: Architecture, configuration: TrainingConfiguration, workers: Int?, inputs: LabelledInputs,
    validation: LabelledInputs?, keptEpoch: Int?, started: ContinuousClock.Instant
  ) throws {
    self.configuration = configuration
    self.inputs = inputs
    self.validation = validation
    self.keptEpoch = keptEpoch
    self.started = started
    let random = SeededRandom(seed: configuration.seed)
    network = try Network(architecture: architecture, seed: random.number(0), workers: workers ?? Workers.cores)
    sampler = try IdentityBatchSampler(
      labels: inputs.labels, identities: configuration.identitiesPerBatch, pictures: configuration.inputsPerIdentity,
      seed: random.number(1))
    minerRandom = random.split(2)
    augmenter = BatchAugmenter(
      augmentation: configuration.augmentation, inputs: inputs, random: random.split(3),
      workers: workers ?? Workers.cores)
    schedule = OneCycle(peak: configuration.peakRate, rise: 0.25, startDivisor: 25, endDivisor: 400)
    optimizer = AdamW(betas: (0.9, 0.99), weightDecay: configuration.weightDecay)
    average = configuration.averageDecay > 0 ? WeightAverage(decay: configuration.averageDecay) : nil
    detector = CollapseDetector(margin: configuration.loss.margin)
    steering = validation.flatMap { ValidationScore(architecture: architecture, validation: $0, workers: workers) }
    bestWeights = network.weights
  }

  /// Runs to the last step; returns where all embeddings ran together, if they did.
  mutating func advanceToEnd(onEvent: (TrainingEvent) -> Void) throws -> CollapseRecord? {
    var tally = EpochTally()
    var choice = EpochChoice()
    for step in 1...configuration.steps {
      let rate = schedule.rate(at: step - 1, of: configuration.steps)
      let outcome = try advance(step: step, rate: rate)
      tally.add(outcome)
      onEvent(.step(step, of: configuration.steps, loss: outcome.loss))
      if detector.observe(loss: outcome.loss, meanDistance: outcome.meanDistance) {
        return CollapseRecord(
          step: step, loss: outcome.loss, meanDistance: outcome.meanDistance, nextRate: configuration.peakRate,
          nextMiner: configuration.miner)
      }
      if step % configuration.stepsPerEpoch == 0 || step == configuration.steps {
        let weights = average?.weights ?? network.weights
        let figures = try steering?.evaluate(weights)
        let record = tally.record(
          epoch: epochs.count + 1, step: step, rate: rate, figures: figures, seconds: started.secondsUntilNow)
        epochs.append(record)
        tally = EpochTally()
        if figures == nil, let keptEpoch, epochs.count - 1 > keptEpoch {
          // The weights of the epoch asked for are kept already.
        } else if choice.prefers(figures) {
          bestEpoch = epochs.count - 1
          bestWeights = weights
        }
        onEvent(.epoch(record))
      }
    }
    return nil
  }

  private mutating func advance(step: Int, rate: Double) throws -> EpochTally.Step {
    let rows = sampler.next()
    let labels = rows.map { inputs.labels[$0] }
    let embeddings = network.forward(augmenter.batch(rows, step: step), training: true)
    let distances = PairDistances(embeddings)
    let triplets = configuration.miner.triplets(
      distances: distances, labels: labels, margin: configuration.loss.margin, hardness: hardness(at: step),
      random: &minerRandom)
    let value = configuration.loss.evaluate(
      embeddings, distances: distances, triplets: triplets, overActive: configuration.miner.averagesOverActive)
    guard value.loss.isFinite, distances.mean.isFinite else { throw TrainingError.lossNotFinite(step: step) }
    network.zeroGradients()
    network.backward(value.gradient)
    _ = optimizer.step(network, rate: rate)
    // A short memory at first, so that the beginning is soon forgotten.
    let decay = min(configuration.averageDecay, Double(step) / Double(step + 9))
    let trained = network
    average?.decay = decay
    average?.update(from: trained)
    return EpochTally.Step(
      loss: value.loss, active: value.active, meanDistance: Double(distances.mean))
  }

  private func hardness(at step: Int) -> Float {
    let share = min(1, 2 * Float(step - 1) / Float(configuration.steps))
    return configuration.hardness[0] + share * (configuration.hardness[1] - configuration.hardness[0])
  }
}

/// Which epoch is kept: the latest whose score is within one standard error of the best (Breiman et al. 1984).
///
/// Validation people are few and the rate falls to the end, so a small lead of an early epoch is chance.
private struct EpochChoice {
  private var best: ValidationScore.Figures?

  /// Whether the epoch with these figures is kept rather than the one kept so far; without figures, always.
  mutating func prefers(_ figures: ValidationScore.Figures?) -> Bool {
    guard let figures else { return true }
    guard let best else {
      self.best = figures
      return true
    }
    if figures.score > best.score { self.best = figures }
    return figures.score >= best.score - best.standardError
  }
}

/// Sums over the steps of an epoch.
struct EpochTally {
  /// What one step measured.
  struct Step {
    var loss: Double
    var active: Double
    var meanDistance: Double
  }

  private var steps = 0
  private var sum = Step(loss: 0, active: 0, meanDistance: 0)

  mutating func add(_ step: Step) {
    steps += 1
    sum.loss += step.loss
    sum.active += step.active
    sum.meanDistance += step.meanDistance
  }

  func record(
    epoch: Int, step: Int, rate: Double, figures: ValidationScore.Figures?, seconds: Double
  ) -> EpochRecord {
    let count = Double(max(steps, 1))
    return EpochRecord(
      epoch: epoch, step: step, loss: sum.loss / count, active: sum.active / count,
      meanDistance: sum.meanDistance / count, rate: rate, score: figures?.score, eer: figures?.eer,
      seconds: seconds)
  }
}

extension SeededRandom {
  /// A seed for something that takes seeds: it depends on this generator's seed and on the key alone.
  func number(_ key: UInt64) -> UInt64 {
    var random = split(key)
    return random.next()
  }
}

extension ContinuousClock.Instant {
  var secondsUntilNow: Double {
    let elapsed = (ContinuousClock.now - self).components
    return Double(elapsed.seconds) + Double(elapsed.attoseconds) / 1e18
  }
}
