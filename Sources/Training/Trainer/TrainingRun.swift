import Networks

/// One start of a training, from fresh weights to the last step or to a collapse.
struct TrainingRun {
  let configuration: TrainingConfiguration
  private let inputs: LabelledInputs
  private let keptEpoch: KeptEpoch?
  private let loss: any EmbeddingLoss
  private let pace: Pace
  private let clock: TrainingClock
  private let augmenter: BatchAugmenter
  private let confusionWorkers: Int
  let network: Network
  var sampler: IdentityBatchSampler
  var optimizer: AdamW
  var average: WeightAverage?
  var head: LossHead?
  var detector: CollapseDetector
  var minerRandom: SeededRandom
  var choice = EpochChoice()
  private var steering: ValidationScore?

  /// Steps done.
  var step = 0
  /// All epochs so far.
  var epochs: [EpochRecord] = []
  /// The one that is kept, an index into `epochs`.
  var bestEpoch = 0
  /// Its weights.
  var bestWeights: [String: Tensor]
  /// Whether there is nothing left to do.
  var isFinished = false

  /// - Parameters:
  ///   - start: weights to begin with; nil for random ones.
  ///   - keptEpoch: what to keep where nothing steers; nil for the last.
  init(
    architecture: Architecture, configuration: TrainingConfiguration, workers: Int?, inputs: LabelledInputs,
    validation: LabelledInputs?, start: [String: Tensor]?, keptEpoch: KeptEpoch?, clock: TrainingClock
  ) throws {
    self.configuration = configuration
    self.inputs = inputs
    self.keptEpoch = keptEpoch
    self.clock = clock
    let random = SeededRandom(seed: configuration.seed)
    confusionWorkers = workers ?? Workers.cores
    network = try Network(architecture: architecture, seed: random.number(0), workers: workers ?? Workers.cores)
    if let start { try network.load(start) }
    sampler = try IdentityBatchSampler(
      labels: inputs.labels, identities: configuration.identitiesPerBatch, pictures: configuration.inputsPerIdentity,
      seed: random.number(1))
    minerRandom = random.split(2)
    augmenter = BatchAugmenter(
      augmentation: configuration.augmentation, inputs: inputs, random: random.split(3),
      workers: workers ?? Workers.cores)
    loss = configuration.loss.loss
    head =
      loss.takesHead
      ? LossHead(labels: inputs.labels, dimension: architecture.outputShape[0], random: random.split(4)) : nil
    pace = Pace(
      steps: configuration.steps, seconds: clock.budget,
      schedule: OneCycle(peak: configuration.peakRate, rise: 0.25, startDivisor: 25, endDivisor: 400))
    optimizer = AdamW(betas: (0.9, 0.99), weightDecay: configuration.weightDecay)
    average = configuration.averageDecay > 0 ? WeightAverage(decay: configuration.averageDecay) : nil
    detector = CollapseDetector(configuration.loss)
    steering = validation.flatMap { ValidationScore(architecture: architecture, validation: $0, workers: workers) }
    bestWeights = network.weights
  }

  /// Seconds used, those before a resumption included.
  var seconds: Double { clock.seconds }

  /// Runs to the last step; returns where all embeddings ran together, if they did.
  ///
  /// - Parameter onEpoch: called with the run between two epochs, when its state is whole.
  mutating func advanceToEnd(
    onEvent: (TrainingEvent) -> Void, onEpoch: (TrainingRun) throws -> Void = { _ in }
  ) throws -> CollapseRecord? {
    while !isFinished {
      if let collapse = try advanceEpoch(onEvent: onEvent) { return collapse }
      try onEpoch(self)
    }
    return nil
  }

  private mutating func advanceEpoch(onEvent: (TrainingEvent) -> Void) throws -> CollapseRecord? {
    try prepareBatches()
    var tally = EpochTally()
    while true {
      let before = pace.progress(step: step, elapsed: clock.seconds)
      let rate = pace.rate(step: step, progress: before)
      step += 1
      let outcome = try advance(rate: rate, progress: before)
      tally.add(outcome)
      let progress = pace.progress(step: step, elapsed: clock.seconds)
      onEvent(.step(step, of: configuration.steps, loss: outcome.loss, progress: progress))
      if detector.observe(loss: outcome.loss, meanDistance: outcome.meanDistance) {
        return CollapseRecord(
          step: step, loss: outcome.loss, meanDistance: outcome.meanDistance, nextRate: configuration.peakRate,
          nextMiner: configuration.miner)
      }
      guard step % configuration.stepsPerEpoch == 0 || progress >= 1 else { continue }
      try close(tally, rate: rate, progress: progress, onEvent: onEvent)
      return nil
    }
  }

  /// Looks at the network at an epoch's end, and keeps its weights where they are the better ones.
  private mutating func close(
    _ tally: EpochTally, rate: Double, progress: Double, onEvent: (TrainingEvent) -> Void
  ) throws {
    let weights = average?.weights ?? network.weights
    let figures = try steering?.evaluate(weights)
    let record = tally.record(
      epoch: epochs.count + 1, step: step, rate: rate, figures: figures, seconds: clock.seconds)
    epochs.append(record)
    let isTooLate = figures == nil && (keptEpoch?.isBefore(epoch: epochs.count - 1, progress: progress) ?? false)
    // The first is kept in any case: something must be.
    if epochs.count == 1 || (!isTooLate && choice.prefers(figures)) {
      if epochs.count == 1 { _ = choice.prefers(figures) }
      bestEpoch = epochs.count - 1
      bestWeights = weights
    }
    if progress >= 1 { isFinished = true }
    if figures != nil, let patience = configuration.patience, epochs.count - 1 - bestEpoch >= patience {
      isFinished = true
    }
    onEvent(.epoch(record))
  }

  /// Tells the sampler whom the network takes for whom, from the second epoch on: random weights confuse at random.
  private mutating func prepareBatches() throws {
    guard configuration.batches == .confused, step > 0 else { return }
    let model = try EmbeddingModel(
      architecture: network.architecture, weights: average?.weights ?? network.weights)
    sampler.confuse(
      try IndexConfusions(
        embeddings: model.embed(inputs, workers: confusionWorkers), dimension: model.dimension, labels: inputs.labels,
        workers: confusionWorkers
      ).of)
  }

  private mutating func advance(rate: Double, progress: Double) throws -> EpochTally.Step {
    let rows = sampler.next()
    let labels = rows.map { inputs.labels[$0] }
    let embeddings = network.forward(augmenter.batch(rows, step: step), training: true)
    let distances = PairDistances(embeddings)
    var batch = LossBatch(
      embeddings: embeddings, labels: head?.rows(labels) ?? labels, distances: distances,
      averagesOverActive: configuration.miner.averagesOverActive, head: head?.directions)
    if loss.takesTriplets {
      batch.triplets = configuration.miner.triplets(
        distances: distances, labels: labels, margin: configuration.loss.margin, hardness: hardness(at: progress),
        dimension: embeddings.shape[1], random: &minerRandom)
    }
    let value = loss.evaluate(batch)
    guard value.loss.isFinite, distances.mean.isFinite else { throw notFinite }
    network.zeroGradients()
    network.backward(value.gradient)
    let norm = optimizer.step(network, rate: rate)
    guard norm.isFinite else { throw notFinite }
    if let gradient = value.headGradient { head?.step(gradient, rate: rate) }
    // A short memory at first, so that the beginning is soon forgotten.
    let decay = min(configuration.averageDecay, Double(step) / Double(step + 9))
    let trained = network
    average?.decay = decay
    average?.update(from: trained)
    let means = distances.means(labels: labels)
    return EpochTally.Step(
      loss: value.loss, active: value.active, meanDistance: Double(distances.mean), positiveDistance: means.same,
      negativeDistance: means.other, gradientNorm: norm)
  }

  private var notFinite: TrainingError { .lossNotFinite(step: step, epoch: epochs.count + 1, kept: nil) }

  private func hardness(at progress: Double) -> Float {
    configuration.hardness[0] + min(1, 2 * Float(progress)) * (configuration.hardness[1] - configuration.hardness[0])
  }
}

/// What is kept of a training that nothing steers.
struct KeptEpoch: Sendable {
  /// Counted from 0.
  var epoch: Int
  /// How far a training by time is at its end; nil where steps count.
  var progress: Double?

  /// Whether an epoch is after the one to keep.
  func isBefore(epoch: Int, progress: Double) -> Bool {
    guard let kept = self.progress else { return epoch > self.epoch }
    return progress > kept + 1e-9
  }
}

/// The time that a training has used, also before it was cut off and resumed.
struct TrainingClock: Sendable {
  /// Seconds that were used before.
  var before = 0.0
  /// Seconds it may use in all; nil for as many as it needs.
  var budget: Double?
  let started = ContinuousClock.now

  /// Seconds used.
  var seconds: Double { before + started.secondsUntilNow }
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
