import Networks

/// A network that learns from P×K batches that inputs of one identity belong together, from fresh weights to the last
/// step or to a collapse.
struct EmbeddingLearner: StepLearner {
  let plan: StepPlan
  let configuration: TrainingConfiguration
  private let inputs: LabelledInputs
  private let keptEpoch: KeptEpoch?
  /// The fresh starts before this one.
  private let collapses: [CollapseRecord]
  private let loss: any EmbeddingLoss
  private let augmenter: BatchAugmenter
  private let workers: Int
  private var trained: AveragedNetwork
  private var sampler: IdentityBatchSampler
  private var head: LossHead?
  private var detector: CollapseDetector
  private var minerRandom: SeededRandom
  private var choice = EpochChoice()
  private let steering: ValidationScore?
  private var tally = EpochTally()
  private var figures: ValidationScore.Figures?
  private(set) var weights: [String: Tensor] = [:]

  /// All embeddings ran together.
  struct Collapse: Error {
    let record: CollapseRecord
  }

  /// - Parameters:
  ///   - start: weights to begin with; nil for random ones.
  ///   - keptEpoch: what to keep where nothing steers; nil for the last.
  ///   - collapses: the fresh starts before this one.
  init(
    architecture: Architecture, configuration: TrainingConfiguration, workers: Int?, inputs: LabelledInputs,
    validation: LabelledInputs?, start: [String: Tensor]?, keptEpoch: KeptEpoch?, collapses: [CollapseRecord]
  ) throws {
    self.configuration = configuration
    self.inputs = inputs
    self.keptEpoch = keptEpoch
    self.collapses = collapses
    self.workers = workers ?? Workers.cores
    plan = StepPlan(
      steps: configuration.steps, stepsPerEpoch: configuration.stepsPerEpoch,
      schedule: OneCycle(peak: configuration.peakRate, rise: 0.25, startDivisor: 25, endDivisor: 400))
    let random = SeededRandom(seed: configuration.seed)
    let network = try Network(architecture: architecture, seed: random.number(0), workers: self.workers)
    if let start { try network.load(start) }
    trained = AveragedNetwork(
      network, optimizer: AdamW(betas: (0.9, 0.99), weightDecay: configuration.weightDecay),
      averageDecay: configuration.averageDecay)
    sampler = try IdentityBatchSampler(
      labels: inputs.labels, identities: configuration.identitiesPerBatch, pictures: configuration.inputsPerIdentity,
      seed: random.number(1))
    minerRandom = random.split(2)
    augmenter = BatchAugmenter(
      augmentation: configuration.augmentation, inputs: inputs, random: random.split(3), workers: self.workers)
    loss = configuration.loss.loss
    head =
      loss.takesHead
      ? LossHead(labels: inputs.labels, dimension: architecture.outputShape[0], random: random.split(4)) : nil
    detector = CollapseDetector(configuration.loss)
    steering = validation.flatMap {
      ValidationScore(
        architecture: architecture, validation: $0, mirrors: configuration.augmentation.flipProbability > 0,
        workers: workers)
    }
  }

  /// Tells the sampler whom the network takes for whom, from the second epoch on: random weights confuse at random.
  mutating func beginEpoch(step: Int) throws {
    tally = EpochTally()
    guard configuration.batches == .confused, step > 0 else { return }
    let model = try EmbeddingModel(architecture: trained.network.architecture, weights: trained.weights)
    sampler.confuse(
      try IndexConfusions(
        embeddings: model.embed(inputs, workers: workers), dimension: model.dimension, labels: inputs.labels,
        workers: workers
      ).of)
  }

  mutating func advance(_ place: TrainingPlace, rate: Double, progress: Double) throws -> Double {
    let rows = sampler.next()
    let labels = rows.map { inputs.labels[$0] }
    let network = trained.network
    let embeddings = network.forward(augmenter.batch(rows, step: place.step), training: true)
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
    guard value.loss.isFinite, distances.mean.isFinite else { return .nan }
    network.zeroGradients()
    network.backward(value.gradient)
    let norm = trained.step(place.step, rate: rate)
    guard norm.isFinite else { return .nan }
    if let gradient = value.headGradient { head?.step(gradient, rate: rate) }
    let means = distances.means(labels: labels)
    tally.add(
      .init(
        loss: value.loss, active: value.active, meanDistance: Double(distances.mean), positiveDistance: means.same,
        negativeDistance: means.other, gradientNorm: norm))
    if detector.observe(loss: value.loss, meanDistance: Double(distances.mean)) {
      throw Collapse(
        record: CollapseRecord(
          step: place.step, loss: value.loss, meanDistance: Double(distances.mean), nextRate: configuration.peakRate,
          nextMiner: configuration.miner))
    }
    return value.loss
  }

  mutating func look(_ place: TrainingPlace, rate: Double, seconds: Double) throws -> EpochRecord {
    weights = trained.weights
    figures = try steering?.evaluate(weights)
    return tally.record(epoch: place.epoch, step: place.step, rate: rate, figures: figures, seconds: seconds)
  }

  mutating func prefers(_ epoch: EpochRecord, to kept: EpochRecord?, at place: TrainingPlace) -> Bool {
    if figures == nil, keptEpoch?.isBefore(epoch: place.epoch - 1, progress: place.progress) ?? false { return false }
    return choice.prefers(figures)
  }

  /// Counted from the best epoch: the kept one may be as new as the last all along, where scores no longer differ.
  func isStale(epochs: Int, at place: TrainingPlace) -> Bool {
    steering != nil && configuration.patience.map { choice.epochsSinceBest >= $0 } ?? false
  }

  private func hardness(at progress: Double) -> Float {
    configuration.hardness[0] + min(1, 2 * Float(progress)) * (configuration.hardness[1] - configuration.hardness[0])
  }
}

extension EmbeddingLearner {
  /// What is no tensor of it.
  struct State: Sendable, Codable {
    /// The fresh starts before this one, and how this one is trained.
    var collapses: [CollapseRecord]
    var configuration: TrainingConfiguration
    var trainingPasses: UInt64
    var sampler: IdentityBatchSampler.State
    var minerRandom: SeededRandom
    var detector: CollapseDetector
    var choice: EpochChoice
  }

  var state: State {
    State(
      collapses: collapses, configuration: configuration, trainingPasses: trained.network.trainingPasses,
      sampler: sampler.state, minerRandom: minerRandom, detector: detector, choice: choice)
  }

  var tensors: [String: [String: Tensor]] {
    var tensors = trained.tensors()
    tensors["head"] = head?.state
    return tensors
  }

  mutating func restore(_ tensors: [String: [String: Tensor]], _ state: State) throws {
    (minerRandom, detector, choice) = (state.minerRandom, state.detector, state.choice)
    try trained.restore(tensors, passes: state.trainingPasses)
    try head?.restore(tensors["head"] ?? [:])
    guard sampler.restore(state.sampler) else {
      throw NetworkError("the order of pictures belongs to other data")
    }
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
