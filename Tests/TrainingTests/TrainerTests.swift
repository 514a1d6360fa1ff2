import Images
import LikenessTraining
import Networks
import Synchronization
import Testing

@Suite("The trainer")
struct TrainerTests {
  /// Stripes of a frequency and direction an identity, moved and shaded by chance.
  static func inputs(identities: Int = 8, each: Int = 6, seed: UInt64 = 1) throws -> LabelledInputs {
    let preprocessing = try Preprocessing(colour: .grey, width: 16, height: 16, normalization: .standardize)
    var random = SeededRandom(seed: seed)
    var values: [Float] = []
    var labels: [Int] = []
    for identity in 0..<identities {
      let (across, down) = (random.uniform(-3, 3), random.uniform(-3, 3))
      for _ in 0..<each {
        let (phase, light) = (random.uniform(0, 1), random.uniform(0.2, 0.4))
        for y in 0..<16 {
          for x in 0..<16 {
            let wave = across * Double(x) / 16 + down * Double(y) / 16 + phase
            let stripe = abs(wave - wave.rounded()) * 2
            values.append(Float(0.3 + light * stripe + random.uniform(-0.05, 0.05)))
          }
        }
        labels.append(identity)
      }
    }
    return LabelledInputs(
      preprocessing: preprocessing, values: values, labels: labels, names: (0..<identities).map { "\($0)" })
  }

  static func architecture() throws -> Architecture {
    try Architecture(
      input: [1, 16, 16],
      layers: [
        .convolution(outputs: 8, kernel: 3, stride: 2, padding: 1, bias: false), .batchNormalization, .relu,
        .convolution(outputs: 12, kernel: 3, padding: 1, bias: false), .batchNormalization, .relu,
        .maxPooling(size: 2), .flatten, .linear(outputs: 8, bias: false), .l2Normalization,
      ])
  }

  static func configuration() -> TrainingConfiguration {
    var configuration = TrainingConfiguration()
    (configuration.identitiesPerBatch, configuration.inputsPerIdentity) = (5, 3)
    (configuration.steps, configuration.stepsPerEpoch) = (60, 15)
    configuration.augmentation.shift = 0.05
    configuration.validationShare = 0.25
    return configuration
  }

  @Test("training brings pictures of one identity together and keeps others apart", arguments: TripletMiner.allCases)
  func learns(_ miner: TripletMiner) throws {
    let inputs = try Self.inputs()
    var configuration = Self.configuration()
    configuration.miner = miner
    let trainer = EmbeddingTrainer(architecture: try Self.architecture(), configuration: configuration)
    func separation(_ weights: [String: Tensor]) throws -> Double {
      let model = try EmbeddingModel(architecture: trainer.architecture, weights: weights)
      let report = try Evaluation.evaluate(
        embeddings: model.embed(inputs.tensor).values, dimension: 8, labels: inputs.labels, metric: .euclidean,
        draws: 1, bootstrap: 0)
      return report.eer.value
    }
    let before = try separation(Network(architecture: trainer.architecture, seed: 1).weights)
    let result = try trainer.train(inputs)
    let after = try separation(result.weights)
    #expect(after < before - 0.05, "\(before) before, \(after) after")
    #expect(result.collapses.isEmpty)
  }

  @Test("every loss brings pictures of one identity together", arguments: LossSettings.Kind.allCases)
  func learns(_ loss: LossSettings.Kind) throws {
    let inputs = try Self.inputs()
    var configuration = Self.configuration()
    configuration.loss = LossSettings(loss)
    configuration.steps = 90
    let trainer = EmbeddingTrainer(architecture: try Self.architecture(), configuration: configuration)
    func separation(_ weights: [String: Tensor]) throws -> Double {
      let model = try EmbeddingModel(architecture: trainer.architecture, weights: weights)
      return try Evaluation.evaluate(
        embeddings: model.embed(inputs.tensor).values, dimension: 8, labels: inputs.labels, metric: .euclidean,
        draws: 1, bootstrap: 0
      ).eer.value
    }
    let before = try separation(Network(architecture: trainer.architecture, seed: 1).weights)
    let after = try separation(trainer.train(inputs).weights)
    #expect(after < before - 0.05, "\(before) before, \(after) after")
  }

  @Test("batches of people whom the index finds confused teach, the same on any number of workers")
  func indexMined() throws {
    let inputs = try Self.inputs(identities: 12)
    func weights(_ batches: TrainingConfiguration.Batches, workers: Int) throws -> [String: Tensor] {
      var configuration = Self.configuration()
      configuration.batches = batches
      return try EmbeddingTrainer(
        architecture: Self.architecture(), configuration: configuration, workers: workers
      ).train(inputs).weights
    }
    let one = try weights(.confused, workers: 1)
    #expect(try weights(.confused, workers: 2) == one)
    #expect(try weights(.shuffled, workers: 1) != one)
  }

  @Test("without a better score for as many epochs as there is patience, a training ends early", arguments: [0.002, 1])
  func earlyStop(peakRate: Double) throws {
    let inputs = try Self.inputs(identities: 16)
    let fold = ValidationFold(labels: inputs.labels, share: 0.25, seed: 1)
    var configuration = Self.configuration()
    (configuration.steps, configuration.stepsPerEpoch, configuration.patience) = (400, 2, 3)
    (configuration.peakRate, configuration.averageDecay) = (peakRate, 0)
    configuration.augmentation.flipProbability = 0.5
    let trainer = EmbeddingTrainer(architecture: try Self.architecture(), configuration: configuration)
    let result = try trainer.train(inputs.rows(fold.training), validation: inputs.rows(fold.validation))
    // Whatever the training does, scores of 24 pictures cannot rise every third epoch 60 times over.
    let scores = try result.epochs.map { try #require($0.score) }
    let best = try #require(scores.indices.max { (scores[$0], $1) < (scores[$1], $0) })
    #expect(scores.count < 200)
    #expect(scores.count == best + 1 + 3, "the scores: \(scores)")
    #expect(result.bestEpoch >= best, "the latest within a standard error of the best is kept")
  }

  @Test("the same seed gives the same weights, bit for bit, on 1, 2 and 3 workers; another seed gives others")
  func reproducible() throws {
    let inputs = try Self.inputs()
    func weights(workers: Int, seed: UInt64 = 1) throws -> [[String: Tensor]] {
      var configuration = Self.configuration()
      configuration.steps = 20
      configuration.augmentation = .faces
      let plan = CommitteeTrainer.Plan(architecture: try Self.architecture(), configuration: configuration)
      let trainer = CommitteeTrainer(plans: [plan, plan], seed: seed, workers: workers)
      return try trainer.train(inputs).members.map(\.weights)
    }
    let one = try weights(workers: 1)
    #expect(try weights(workers: 2) == one)
    #expect(try weights(workers: 3) == one)
    #expect(try weights(workers: 2, seed: 2) != one)
    #expect(one[0] != one[1])
  }

  @Test("the epoch that is kept is the latest within a standard error of the best")
  func bestEpoch() throws {
    let inputs = try Self.inputs(identities: 16)
    let trainer = CommitteeTrainer(
      plans: [.init(architecture: try Self.architecture(), configuration: Self.configuration())], seed: 1)
    let committee = try trainer.train(inputs)
    let scout = try #require(committee.scout)
    #expect(scout.epochs.map(\.step) == [15, 30, 45, 60])
    let scores = try scout.epochs.map { try #require($0.score) }
    let best = try #require(scores.max())
    // With four validation identities the standard error is at least a quarter.
    #expect(Set(committee.fold.validation.map { inputs.labels[$0] }).count == 4)
    #expect(scores[scout.bestEpoch] >= best - 0.5)
    let later = scores[(scout.bestEpoch + 1)...]
    #expect(later.allSatisfy { $0 < best - 0.2 })
    // The member trains on everybody and keeps the epoch that the scout found.
    #expect(committee.members.map(\.bestEpoch) == [scout.bestEpoch])
    #expect(committee.members[0].epochs.allSatisfy { $0.score == nil })
  }

  @Test("where mirrored pictures are not of the same identity, none is looked at to steer by")
  func mirroredStrangers() throws {
    // Each of these has a stranger who is its mirror image, pixel by pixel.
    let some = try Self.inputs(identities: 4, seed: 5)
    var (values, labels) = (some.values, some.labels)
    for start in stride(from: 0, to: some.values.count, by: 16) { values += some.values[start..<start + 16].reversed() }
    labels += some.labels.map { $0 + 4 }
    let validation = LabelledInputs(
      preprocessing: some.preprocessing, values: values, labels: labels, names: (0..<8).map { "\($0)" })
    func errors(flipProbability: Float) throws -> Double {
      var configuration = Self.configuration()
      configuration.augmentation.flipProbability = flipProbability
      let trainer = EmbeddingTrainer(architecture: try Self.architecture(), configuration: configuration)
      return try #require(try trainer.train(try Self.inputs(), validation: validation).epochs.last?.eer)
    }
    let (straight, mirrored) = (try errors(flipProbability: 0), try errors(flipProbability: 0.5))
    #expect(straight < mirrored - 0.03, "\(straight) straight, \(mirrored) mirrored")
  }

  @Test("the weights that are kept are those of the epoch asked for, not the last")
  func kept() throws {
    let inputs = try Self.inputs()
    let trainer = EmbeddingTrainer(architecture: try Self.architecture(), configuration: Self.configuration())
    let kept = try trainer.train(inputs, keeping: 1)
    #expect(kept.bestEpoch == 1 && kept.epochs.count == 4)
    #expect(kept.weights != (try trainer.train(inputs)).weights)
  }

  @Test("a network whose embeddings run together is noticed, said, and started afresh at a lower rate")
  func collapse() throws {
    // Identical inputs: nothing can tell them apart, so every distance is zero and the loss is the margin.
    let preprocessing = try Preprocessing(colour: .grey, width: 16, height: 16, normalization: .standardize)
    let inputs = LabelledInputs(
      preprocessing: preprocessing, values: [Float](repeating: 0.5, count: 12 * 256),
      labels: (0..<12).map { $0 / 3 }, names: ["a", "b", "c", "d"])
    var configuration = Self.configuration()
    configuration.augmentation = .none
    configuration.miner = .batchHard
    let trainer = EmbeddingTrainer(architecture: try Self.architecture(), configuration: configuration)
    let said = Mutex([CollapseRecord]())
    #expect(throws: TrainingError.collapsed(step: 25, recoveries: 3)) {
      try trainer.train(inputs) { event in
        if case .collapsed(let record) = event { said.withLock { $0.append(record) } }
      }
    }
    let records = said.withLock { $0 }
    #expect(records.count == 3)
    #expect(records.allSatisfy { $0.nextMiner == .semiHard && $0.meanDistance < 0.01 })
    #expect(records.map(\.nextRate) == records.map(\.nextRate).sorted(by: >))
  }

  @Test("settings out of range are refused by name")
  func settings() throws {
    let inputs = try Self.inputs()
    for (change, name) in [
      ({ (c: inout TrainingConfiguration) in c.loss.margin = 0 }, "margin"),
      ({ c in c.peakRate = .nan }, "rate"), ({ c in c.identitiesPerBatch = 1 }, "identities in a batch"),
      ({ c in c.steps = 0 }, "steps"), ({ c in c.validationShare = 0.9 }, "validation share"),
    ] {
      var configuration = Self.configuration()
      change(&configuration)
      let error = #expect(throws: TrainingError.self) {
        try EmbeddingTrainer(architecture: Self.architecture(), configuration: configuration).train(inputs)
      }
      #expect(error?.description.hasPrefix(name) == true, "\(String(describing: error))")
    }
  }

  @Test("an input that is no number ends the training with a sentence, not with a model of NaN")
  func notFinite() throws {
    let sound = try Self.inputs()
    var values = sound.values
    values[1000] = .nan
    let inputs = LabelledInputs(
      preprocessing: sound.preprocessing, values: values, labels: sound.labels, names: sound.names)
    let trainer = EmbeddingTrainer(architecture: try Self.architecture(), configuration: Self.configuration())
    let error = #expect(throws: TrainingError.self) { try trainer.train(inputs) }
    #expect(error?.description.contains("finite") == true)
  }
}
