import Networks

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The training of one pair of towers, from fresh weights to the end.
struct CaptionRun {
  /// What it ends with.
  struct Result {
    var pictures: EmbeddingModel.Member
    var text: TextTower
    var epochs: [CaptionEpoch]
    var bestEpoch: Int
  }

  private let configuration: CaptionConfiguration
  private let vocabulary: CaptionVocabulary
  private let validation: CaptionedPictures?
  private let views: [View]
  private let seconds: Double?
  private let workers: Int
  private let data: CaptionedPictures
  private let pictures: Network
  private let texts: Network
  private let bag: EmbeddingBag
  private let schedule: OneCycle
  private var sampler: CaptionSampler
  private var optimizers: (AdamW, AdamW)
  private var averages: (WeightAverage, WeightAverage)
  private var averageTable: RunningTable
  private var logScale: Double
  private var scaleMoments = (0.0, 0.0)

  /// - Parameters:
  ///   - validation: concepts to steer by; nil for none.
  ///   - seconds: when it must end, whatever the steps.
  init(
    _ data: CaptionedPictures, vocabulary: CaptionVocabulary, configuration: CaptionConfiguration,
    validation: CaptionedPictures?, views: [View], seconds: Double?, workers: Int
  ) throws {
    self.configuration = configuration
    self.vocabulary = vocabulary
    self.validation = validation
    self.views = views
    self.seconds = seconds
    self.workers = workers
    self.data = data
    let random = SeededRandom(seed: configuration.seed)
    pictures = try Network(
      architecture: CaptionTowers.pictures(configuration, input: data.preprocessing.shape), seed: random.number(0),
      workers: workers)
    texts = try Network(
      architecture: CaptionTowers.texts(configuration), seed: random.number(1), workers: workers)
    bag = EmbeddingBag(
      rows: vocabulary.count, dimension: configuration.width, deviation: configuration.rowDeviation,
      seed: random.number(2))
    sampler = CaptionSampler(
      data, vocabulary: vocabulary, configuration: configuration, seed: random.number(3), workers: workers)
    schedule = OneCycle(peak: configuration.peakRate, rise: 0.2, startDivisor: 25, endDivisor: 400)
    let optimizer = AdamW(betas: (0.9, 0.99), weightDecay: configuration.weightDecay, largestGradientNorm: 5)
    optimizers = (optimizer, optimizer)
    averages = (
      WeightAverage(decay: configuration.averageDecay), WeightAverage(decay: configuration.averageDecay)
    )
    averageTable = RunningTable()
    logScale = -log(configuration.temperature)
  }

  /// The number of trained values.
  var parameterCount: Int {
    pictures.architecture.parameterCount + texts.architecture.parameterCount + bag.rows * bag.dimension + 1
  }

  /// Trains to the end.
  ///
  /// - Throws: ``TrainingError/lossNotFinite(step:)``.
  mutating func finish(onEvent: (CaptionEvent) -> Void) throws -> Result {
    let started = ContinuousClock.now
    onEvent(
      .started(
        pictures: data.count, captions: Set(data.captionsOfPicture.joined()).count,
        validationPictures: validation?.count ?? 0, parameters: parameterCount))
    var epochs: [CaptionEpoch] = []
    var best: (result: Result, score: Double)?
    var tally = (steps: 0, loss: 0.0, accuracy: 0.0)
    var step = 0
    var share = 0.0
    while share < 1 {
      step += 1
      let elapsed = seconds.map { started.secondsUntilNow / max($0, 1e-3) } ?? 0
      let before = max(Double(step - 1) / Double(configuration.steps), elapsed)
      share = max(Double(step) / Double(configuration.steps), elapsed)
      let rate = schedule.rate(at: Int(min(before, 1) * 1e6), of: 1_000_001)
      let outcome = try advance(step: step, rate: rate)
      tally = (tally.steps + 1, tally.loss + outcome.loss, tally.accuracy + outcome.accuracy)
      onEvent(.step(step, share: min(share, 1), loss: outcome.loss))
      guard step % configuration.stepsPerEpoch == 0 || share >= 1 else { continue }
      var result = try result(epochs: epochs)
      let record = CaptionEpoch(
        epoch: epochs.count + 1, step: step, loss: tally.loss / Double(tally.steps),
        accuracy: tally.accuracy / Double(tally.steps), temperature: exp(-logScale), rate: rate,
        validation: try validation.map { try evaluate(result, on: $0) }, seconds: started.secondsUntilNow)
      tally = (0, 0, 0)
      epochs.append(record)
      result.epochs = epochs
      result.bestEpoch = epochs.count - 1
      onEvent(.epoch(record))
      // Of equals within chance, the latest: the rate falls to the end.
      let score = record.score ?? 0
      let chance = validation.map { (0.25 / Double(max(1, $0.count))).squareRoot() / 2 } ?? 1
      if score >= (best?.score ?? 0) - chance { best = (result, max(score, best?.score ?? 0)) }
      if let best, epochs.count - 1 - best.result.bestEpoch >= configuration.patience { break }
    }
    guard var result = best?.result else { return try self.result(epochs: epochs) }
    result.epochs = epochs
    return result
  }

  private func result(epochs: [CaptionEpoch]) throws -> Result {
    Result(
      pictures: .init(architecture: pictures.architecture, weights: averages.0.weights),
      text: try TextTower(
        vocabulary: vocabulary, table: averageTable.tensor ?? bag.table,
        network: EmbeddingModel(architecture: texts.architecture, weights: averages.1.weights)),
      epochs: epochs, bestEpoch: 0)
  }

  private func evaluate(_ result: Result, on data: CaptionedPictures) throws -> CaptionReport {
    try CaptionModel(pictures: EmbeddingModel(members: [result.pictures], views: views), texts: [result.text])
      .evaluate(on: data, workers: workers)
  }

  private mutating func advance(step: Int, rate: Double) throws -> (loss: Double, accuracy: Double) {
    let batch = sampler.next(step: step)
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
    guard total.isFinite else {
      throw TrainingError.lossNotFinite(step: step, epoch: 1 + step / configuration.stepsPerEpoch, kept: nil)
    }
    pictures.zeroGradients()
    pictures.backward(leftGradient)
    texts.zeroGradients()
    bag.backward(texts.backwardToInput(value.right), bags: batch.bags)
    _ = optimizers.0.step(pictures, rate: rate)
    _ = optimizers.1.step(texts, rate: rate)
    bag.step(rate: rate * configuration.rowRate, weightDecay: configuration.weightDecay)
    moveScale(value.logScale, step: step, rate: rate)
    // A short memory at first, so that the beginning is soon forgotten.
    let decay = min(configuration.averageDecay, Double(step) / Double(step + 9))
    let (pictures, texts, bag) = (pictures, texts, bag)
    averages.0.decay = decay
    averages.0.update(from: pictures)
    averages.1.decay = decay
    averages.1.update(from: texts)
    averageTable.update(from: bag, decay: decay)
    return (total, value.accuracy)
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
