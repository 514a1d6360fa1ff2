import Foundation
import LikenessTraining
import Networks
import Testing

@Suite("The loop of every training")
struct TrainingLoopTests {
  private struct Epoch: TrainedEpoch, Hashable {
    var epoch: Int
    var step: Int
    var loss: Double
    var seconds: Double
    var metrics: [String: Double] { [:] }
  }

  /// Adds up chance; its score is best in the epoch it is told to be.
  private struct Adder: StepLearner {
    struct State: Sendable, Codable { var random: SeededRandom }

    var plan = StepPlan(steps: 40, stepsPerEpoch: 5, schedule: OneCycle(peak: 1))
    var bestEpoch = 8
    var patience: Int?
    var badStep: Int?
    private var random = SeededRandom(seed: 3)
    private var total: Float = 0
    private(set) var weights: [String: Tensor] = [:]

    mutating func advance(_ place: TrainingPlace, rate: Double, progress: Double) throws -> Double {
      total += Float(random.uniform() * rate)
      return place.step == badStep ? .nan : 1
    }

    mutating func look(_ place: TrainingPlace, rate: Double, seconds: Double) throws -> Epoch {
      weights = ["total": Tensor(shape: [1], values: [total])]
      return Epoch(epoch: place.epoch, step: place.step, loss: 1, seconds: seconds)
    }

    mutating func prefers(_ epoch: Epoch, to kept: Epoch?, at place: TrainingPlace) -> Bool { epoch.epoch <= bestEpoch }
    func isStale(epochs: Int, at place: TrainingPlace) -> Bool { patience.map { epochs >= $0 } ?? false }
    var tensors: [String: [String: Tensor]] { ["adder": ["total": Tensor(shape: [1], values: [total])]] }
    var state: State { State(random: random) }

    mutating func restore(_ tensors: [String: [String: Tensor]], _ state: State) throws {
      guard let values = tensors["adder"]?["total"]?.values, values.count == 1 else { throw NetworkError("no total") }
      (total, random) = (values[0], state.random)
    }
  }

  private final class Folder: Sendable {
    let path = NSTemporaryDirectory() + "likeness-loop-" + UUID().uuidString
    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(resuming: Bool = false) throws -> CheckpointFile {
      try CheckpointFolder(path: path, fingerprint: "f", isResuming: resuming).file(training: 0)
    }
  }

  private struct Stop: Error {}

  private static func run(
    _ adder: Adder, _ file: CheckpointFile? = nil, clock: TrainingClock = TrainingClock(),
    onEvent: (TrainingEvent) -> Void = { _ in }
  ) throws -> TrainingLoop<Adder> {
    try TrainingLoop.finished(adder, clock: clock, file: file, onEvent: onEvent)
  }

  @Test("the epoch that the learner prefers is kept, and without a better one for long it ends")
  func kept() throws {
    var adder = Adder()
    (adder.bestEpoch, adder.patience) = (3, 2)
    let loop = try Self.run(adder)
    #expect(loop.epochs.map(\.step) == [5, 10, 15, 20, 25])
    #expect(loop.kept == 2)
    adder.patience = nil
    let whole = try Self.run(adder)
    #expect(whole.epochs.count == 8 && whole.kept == 2 && whole.weights == loop.weights)
  }

  @Test("a loss that is no number ends it at its place; what was good before is kept and can be gone on with")
  func notFinite() throws {
    let folder = Folder()
    var adder = Adder()
    adder.badStep = 17
    let file = try folder.file()
    #expect(throws: TrainingError.lossNotFinite(step: 17, epoch: 4, kept: file.path)) { try Self.run(adder, file) }
    let again = try Self.run(Adder(), folder.file(resuming: true))
    #expect(try again.weights == Self.run(Adder()).weights)
    adder.badStep = 2
    #expect(throws: TrainingError.lossNotFinite(step: 2, epoch: 1, kept: nil)) { try Self.run(adder) }
  }

  @Test("the time that was used before a resumption counts")
  func time() throws {
    let folder = Folder()
    var adder = Adder()
    adder.badStep = 12
    _ = try? Self.run(adder, folder.file(), clock: TrainingClock(share: 0.5, of: 4_000))
    var steps = 0
    let resumed = try Self.run(
      Adder(), folder.file(resuming: true), clock: TrainingClock(share: 0.9, of: 4_000)
    ) { if case .step = $0 { steps += 1 } }
    #expect(steps == 30 && resumed.clock.budget == 2_000, "its part of the time is what it was")
    #expect(resumed.clock.before > 0)
    // With all of the time used, the next look is the last.
    _ = try? Self.run(adder, folder.file(), clock: TrainingClock(share: 1, of: 4_000))
    let over = try Self.run(Adder(), folder.file(resuming: true), clock: TrainingClock(share: 1, of: 1e-9))
    #expect(over.epochs.map(\.step) == [5, 10, 11])
  }
}
