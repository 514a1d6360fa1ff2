import Foundation
import LikenessTraining
import Networks
import Testing

@Suite("Losses")
struct LossTests {
  struct Reference: Decodable {
    struct Case: Decodable, Sendable, CustomTestStringConvertible {
      var kind: String
      var margin: Float?
      var scale: Float?
      var temperature: Float?
      var loss: Double
      var gradient: [Double]
      var headGradient: [Double]?
      var testDescription: String { kind }

      var settings: LossSettings {
        LossSettings(.init(rawValue: kind) ?? .triplet, margin: margin, scale: scale, temperature: temperature)
      }
    }

    var dimension: Int
    var labels: [Int]
    var embeddings: [Double]
    var head: [Double]
    var triplets: [[Int]]
    var losses: [Case]

    func batch(_ embeddings: [Double], head: [Double]) -> LossBatch {
      LossBatch(
        embeddings: Tensor(shape: [labels.count, dimension], values: embeddings.map { Float($0) }), labels: labels,
        triplets: triplets.map { Triplet(anchor: $0[0], positive: $0[1], negative: $0[2]) },
        head: Tensor(shape: [head.count / dimension, dimension], values: head.map { Float($0) }))
    }
  }

  private static let reference = Result { try fixture("losses", as: Reference.self) }
  private static let cases = (try? reference.get().losses) ?? []

  @Test("every loss is in the fixture")
  func complete() throws {
    #expect(Set(try Self.reference.get().losses.map(\.kind)) == Set(LossSettings.Kind.allCases.map(\.rawValue)))
  }

  @Test("a loss and its gradients are those of PyTorch", arguments: cases)
  func agrees(_ expected: Reference.Case) throws {
    let reference = try Self.reference.get()
    let value = expected.settings.loss.evaluate(reference.batch(reference.embeddings, head: reference.head))
    #expect(abs(value.loss - expected.loss) < 1e-5 * max(1, abs(expected.loss)))
    for (ours, theirs) in zip(value.gradient.values, expected.gradient) { #expect(abs(Double(ours) - theirs) < 2e-5) }
    #expect(expected.gradient.contains { abs($0) > 1e-3 })
    #expect((value.headGradient == nil) == (expected.headGradient == nil))
    for (ours, theirs) in zip(value.headGradient?.values ?? [], expected.headGradient ?? []) {
      #expect(abs(Double(ours) - theirs) < 2e-5)
    }
  }

  @Test("a loss's gradients agree with finite differences", arguments: cases)
  func gradient(_ one: Reference.Case) throws {
    let reference = try Self.reference.get()
    let loss = one.settings.loss
    let value = loss.evaluate(reference.batch(reference.embeddings, head: reference.head))
    func cost(_ embeddings: [Double], _ head: [Double]) -> Double {
      loss.evaluate(reference.batch(embeddings, head: head)).loss
    }
    let step = 2e-3
    let gradient = value.gradient.values
    for place in stride(from: 0, to: reference.embeddings.count, by: 3) {
      var (up, down) = (reference.embeddings, reference.embeddings)
      up[place] += step
      down[place] -= step
      let slope = (cost(up, reference.head) - cost(down, reference.head)) / (2 * step)
      #expect(abs(slope - Double(gradient[place])) < 5e-3 * max(1, abs(slope)), "value \(place)")
    }
    for (place, slope) in (value.headGradient?.values ?? []).enumerated() where place % 3 == 0 {
      var (up, down) = (reference.head, reference.head)
      up[place] += step
      down[place] -= step
      let measured = (cost(reference.embeddings, up) - cost(reference.embeddings, down)) / (2 * step)
      #expect(abs(measured - Double(slope)) < 5e-3 * max(1, abs(measured)), "head value \(place)")
    }
  }

  @Test("equal embeddings have finite gradients and cost what the loss says", arguments: LossSettings.Kind.allCases)
  func equal(_ kind: LossSettings.Kind) throws {
    let reference = try Self.reference.get()
    let row = Array(reference.embeddings.prefix(reference.dimension))
    let same = (0..<reference.labels.count).flatMap { _ in row }
    let loss = LossSettings(kind).loss
    let value = loss.evaluate(reference.batch(same, head: reference.head))
    #expect(value.loss.isFinite && value.gradient.values.allSatisfy(\.isFinite))
    if let cost = loss.costOfCollapse { #expect(abs(value.loss - cost) < 1e-5) }
  }

  @Test(
    "a value that is no number makes the loss none, so that a training notices", arguments: LossSettings.Kind.allCases)
  func notFinite(_ kind: LossSettings.Kind) throws {
    let reference = try Self.reference.get()
    var embeddings = reference.embeddings
    embeddings[1] = .nan
    #expect(!LossSettings(kind).loss.evaluate(reference.batch(embeddings, head: reference.head)).loss.isFinite)
  }

  @Test("numbers out of range are refused by name")
  func settings() throws {
    for (settings, name) in [
      (LossSettings(.triplet, margin: 0), "margin"), (LossSettings(.contrastive, margin: 3), "margin"),
      (LossSettings(.arcFace, margin: 1.6), "margin"), (LossSettings(.arcFace, scale: -1), "scale"),
      (LossSettings(.supCon, temperature: 0), "temperature"),
    ] {
      var configuration = TrainingConfiguration()
      configuration.loss = settings
      let error = #expect(throws: TrainingError.self) { try configuration.validate() }
      #expect(error?.description.hasPrefix(name) == true)
    }
  }
}
