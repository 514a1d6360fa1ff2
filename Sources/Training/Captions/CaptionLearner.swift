import Networks

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// One pair of towers that learns to find pictures by sentences and sentences by pictures, from fresh weights or a
/// model's to the end.
struct CaptionLearner: StepLearner {
  let plan: StepPlan
  private let configuration: CaptionConfiguration
  private let vocabulary: CaptionVocabulary
  private let validation: CaptionedPictures?
  private let views: [View]
  private let workers: Int
  private let bag: EmbeddingBag
  private var pictures: AveragedNetwork
  private var texts: AveragedNetwork
  private var averageTable: RunningTable
  private var sampler: CaptionSampler
  private var logScale: Double
  private var scaleMoments = (0.0, 0.0)
  private var tally = (steps: 0, loss: 0.0, accuracy: 0.0)
  private var bestScore = 0.0
  /// The last epoch that did better than all before it.
  private var lastGain = 0
  private(set) var weights: [String: Tensor] = [:]

  /// - Parameters:
  ///   - validation: concepts to steer by; nil for none.
  ///   - start: towers to begin with; nil for random ones.
  init(
    _ data: CaptionedPictures, vocabulary: CaptionVocabulary, configuration: CaptionConfiguration,
    validation: CaptionedPictures?, views: [View], start: CaptionParent.Towers?, workers: Int
  ) throws {
    self.configuration = configuration
    self.vocabulary = vocabulary
    self.validation = validation
    self.views = views
    self.workers = workers
    plan = StepPlan(
      steps: configuration.steps, stepsPerEpoch: configuration.stepsPerEpoch,
      schedule: OneCycle(peak: configuration.peakRate, rise: 0.2, startDivisor: 25, endDivisor: 400))
    let random = SeededRandom(seed: configuration.seed)
    let optimizer = AdamW(betas: (0.9, 0.99), weightDecay: configuration.weightDecay, largestGradientNorm: 5)
    let pictures = try Network(
      architecture: start?.pictures.architecture
        ?? CaptionTowers.pictures(configuration, input: data.preprocessing.shape),
      seed: random.number(0), workers: workers)
    let texts = try Network(
      architecture: start?.texts.architecture ?? CaptionTowers.texts(configuration), seed: random.number(1),
      workers: workers)
    bag = EmbeddingBag(
      rows: vocabulary.count, dimension: configuration.width, deviation: configuration.rowDeviation,
      seed: random.number(2))
    if let start {
      try pictures.load(start.pictures.weights)
      try texts.load(start.texts.weights)
      bag.table = start.table(bag.table, of: vocabulary)
    }
    self.pictures = AveragedNetwork(pictures, optimizer: optimizer, averageDecay: configuration.averageDecay)
    self.texts = AveragedNetwork(texts, optimizer: optimizer, averageDecay: configuration.averageDecay)
    averageTable = RunningTable()
    sampler = CaptionSampler(
      data, vocabulary: vocabulary, configuration: configuration, seed: random.number(3), workers: workers)
    logScale = -log(configuration.temperature)
  }

  /// The number of trained values.
  var parameterCount: Int {
    pictures.network.architecture.parameterCount + texts.network.architecture.parameterCount
      + bag.rows * bag.dimension + 1
  }

  mutating func look(_ place: TrainingPlace, rate: Double, seconds: Double) throws -> CaptionEpoch {
    weights = ["table": averageTable.tensor ?? bag.table]
    for (name, tensor) in pictures.weights { weights["pictures." + name] = tensor }
    for (name, tensor) in texts.weights { weights["texts." + name] = tensor }
    let record = CaptionEpoch(
      epoch: place.epoch, step: place.step, loss: tally.loss / Double(max(1, tally.steps)),
      accuracy: tally.accuracy / Double(max(1, tally.steps)), temperature: exp(-logScale), rate: rate,
      validation: try validation.map { try model(weights).evaluate(on: $0, workers: workers) }, seconds: seconds)
    tally = (0, 0, 0)
    return record
  }

  /// Of equals within chance, the latest: the rate falls to the end.
  mutating func prefers(_ epoch: CaptionEpoch, to kept: CaptionEpoch?, at place: TrainingPlace) -> Bool {
    let score = epoch.score ?? 0
    let chance = validation.map { (0.25 / Double(max(1, $0.count))).squareRoot() / 2 } ?? 1
    defer {
      if score > bestScore { (bestScore, lastGain) = (score, place.epoch) }
    }
    return score >= bestScore - chance
  }

  func isStale(epochs: Int, at place: TrainingPlace) -> Bool {
    validation != nil && configuration.patience.map { place.epoch - lastGain >= $0 } ?? false
  }

  /// The towers of some epoch's ``weights``.
  func towers(_ weights: [String: Tensor]) throws -> (pictures: EmbeddingModel.Member, text: TextTower) {
    func part(_ name: String) -> [String: Tensor] {
      Dictionary(
        uniqueKeysWithValues: weights.filter { $0.key.hasPrefix(name) }.map {
          (String($0.key.dropFirst(name.count)), $0.value)
        })
    }
    return (
      .init(architecture: pictures.network.architecture, weights: part("pictures.")),
      try TextTower(
        vocabulary: vocabulary, table: weights["table"] ?? bag.table,
        network: EmbeddingModel(architecture: texts.network.architecture, weights: part("texts.")))
    )
  }

  private func model(_ weights: [String: Tensor]) throws -> CaptionModel {
    let towers = try towers(weights)
    return try CaptionModel(pictures: EmbeddingModel(members: [towers.pictures], views: views), texts: [towers.text])
  }

  mutating func advance(_ place: TrainingPlace, rate: Double, progress: Double) throws -> Double {
    let step = place.step
    let batch = sampler.next(step: step)
    let (pictures, texts) = (pictures.network, texts.network)
    let left = pictures.forward(batch.pictures, training: true)
    let right = texts.forward(bag.forward(batch.bags), training: true)
    let loss = CaptionLoss()
    let value = loss.evaluate(left, right, relations: batch.relations, logScale: logScale)
    var (leftGradient, total) = (value.left, value.loss)
    if configuration.pictureLoss > 0, batch.pictureRelations.contains(.positive) {
      let alike = loss.evaluate(left, left, relations: batch.pictureRelations, logScale: logScale)
      total += configuration.pictureLoss * alike.loss
      let weight = Float(configuration.pictureLoss)
      leftGradient.withUnsafeMutableBufferPointer { target in
        for part in [alike.left, alike.right] {
          part.withUnsafeBufferPointer { for i in target.indices { target[i] += weight * $0[i] } }
        }
      }
    }
    guard total.isFinite else { return .nan }
    pictures.zeroGradients()
    pictures.backward(leftGradient)
    texts.zeroGradients()
    bag.backward(texts.backwardToInput(value.right), bags: batch.bags)
    guard self.pictures.step(step, rate: rate).isFinite, self.texts.step(step, rate: rate).isFinite,
      bag.gradientSquare.isFinite
    else { return .nan }
    bag.step(rate: rate * configuration.rowRate, weightDecay: configuration.weightDecay)
    moveScale(value.logScale, step: step, rate: rate)
    averageTable.update(from: bag, decay: AveragedNetwork.decay(configuration.averageDecay, at: step))
    tally = (tally.steps + 1, tally.loss + total, tally.accuracy + value.accuracy)
    return total
  }

  /// Adam on ln s, kept where τ is between 0.01 and 1.
  private mutating func moveScale(_ gradient: Double, step: Int, rate: Double) {
    scaleMoments.0 = 0.9 * scaleMoments.0 + 0.1 * gradient
    scaleMoments.1 = 0.99 * scaleMoments.1 + 0.01 * gradient * gradient
    let first = scaleMoments.0 / (1 - AdamW.power(0.9, step))
    let second = scaleMoments.1 / (1 - AdamW.power(0.99, step))
    logScale = min(max(logScale - rate * first / (second.squareRoot() + 1e-8), 0), log(100))
  }
}

extension CaptionLearner {
  /// What is no tensor of it.
  struct State: Sendable, Codable {
    var passes: [UInt64]
    var sampler: CaptionSampler.State
    var logScale: Double
    var scaleMoments: [Double]
    var bestScore: Double
    var lastGain: Int
  }

  var state: State {
    State(
      passes: [pictures.network.trainingPasses, texts.network.trainingPasses], sampler: sampler.state,
      logScale: logScale, scaleMoments: [scaleMoments.0, scaleMoments.1], bestScore: bestScore,
      lastGain: lastGain)
  }

  var tensors: [String: [String: Tensor]] {
    var tensors = pictures.tensors("pictures ").merging(texts.tensors("texts ")) { $1 }
    tensors["bag"] = bag.state
    tensors["average table"] = averageTable.tensor.map { ["table": $0] }
    return tensors
  }

  mutating func restore(_ tensors: [String: [String: Tensor]], _ state: State) throws {
    guard state.passes.count == 2, state.scaleMoments.count == 2, sampler.restore(state.sampler) else {
      throw NetworkError("the order of pictures belongs to other data")
    }
    try pictures.restore(tensors, "pictures ", passes: state.passes[0])
    try texts.restore(tensors, "texts ", passes: state.passes[1])
    try bag.restore(tensors["bag"] ?? [:])
    averageTable = try RunningTable(tensors["average table"]?["table"], of: bag)
    (logScale, bestScore, lastGain) = (state.logScale, state.bestScore, state.lastGain)
    scaleMoments = (state.scaleMoments[0], state.scaleMoments[1])
  }
}
