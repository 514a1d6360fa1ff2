import Foundation
import Networks
import Testing

@Suite("The neighbour pair loss")
struct NeighbourPairLossTests {
  private struct Reference: Decodable {
    struct Case: Decodable {
      var temperature: Float
      var reach: Int
      var blind: Int
      var embeddings: [Float]
      var loss: Double
      var gradient: [Double]
    }

    var dimension: Int
    var pieces: [Int]
    var steps: [Int]
    var cases: [Case]
  }

  private static func places(_ pieces: [Int], _ steps: [Int]) -> [NeighbourPairLoss.Place] {
    zip(pieces, steps).map { .init(piece: $0, step: $1) }
  }

  private static func random(_ n: Int, _ d: Int, seed: UInt64) -> Tensor {
    var random = SeededRandom(seed: seed)
    var values: [Float] = []
    for _ in 0..<n {
      let row = (0..<d).map { _ in random.normal() }
      let norm = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
      values += row.map { Float($0 / norm) }
    }
    return Tensor(shape: [n, d], values: values)
  }

  @Test("loss and gradient are PyTorch's, overlapping parts of one piece and a lonely moment included")
  func reference() throws {
    let path = try #require(Bundle.module.path(forResource: "Fixtures/neighbour_pairs", ofType: "json"))
    let reference = try JSONDecoder().decode(Reference.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
    for one in reference.cases {
      let embeddings = Tensor(shape: [reference.pieces.count, reference.dimension], values: one.embeddings)
      let result = NeighbourPairLoss(temperature: one.temperature, reach: one.reach, blind: one.blind)
        .evaluate(embeddings, places: Self.places(reference.pieces, reference.steps), workers: Workers(2))
      #expect(abs(result.loss - one.loss) < 1e-6)
      let worst = zip(result.gradient.values, one.gradient).map { abs(Double($0) - $1) }.max() ?? .infinity
      #expect(worst < 1e-6)
    }
  }

  @Test("the end of one series and the start of the next are no pair")
  func borders() {
    // Two moments each of two pieces; the rows in the middle are alike, which must not lower the loss.
    let far = Tensor(shape: [4, 2], values: [1, 0, 0, 1, 0, 1, 1, 0])
    let near = Tensor(shape: [4, 2], values: [1, 0, 1, 0, 0, 1, 0, 1])
    let places = Self.places([0, 0, 1, 1], [0, 1, 2, 3])
    let loss = NeighbourPairLoss(temperature: 0.5)
    // Each row has one neighbour; all others are strangers. By hand, with e² for rows that are alike at this temperature
    // and 1 for rows at a right angle:
    let alike = loss.evaluate(near, places: places, workers: Workers(1)).loss
    #expect(abs(alike - log(1 + 2 / exp(2.0))) < 1e-6)
    let apart = loss.evaluate(far, places: places, workers: Workers(1)).loss
    #expect(abs(apart - log(1 + (exp(2.0) + 1))) < 1e-6)
  }

  @Test("where other series count nothing, each series is as alone; where they count half, the gradient is the loss's")
  func elsewhere() {
    let embeddings = Self.random(12, 5, seed: 4)
    let places = Self.places((0..<12).map { $0 / 6 }, (0..<12).map { $0 % 6 })
    let alone = NeighbourPairLoss(temperature: 0.5, elsewhere: 0)
    let whole = alone.evaluate(embeddings, places: places, workers: Workers(1))
    let halves = [0, 1].map { piece in
      alone.evaluate(
        Tensor(shape: [6, 5], values: Array(embeddings.values[piece * 30..<(piece + 1) * 30])),
        places: Array(places[piece * 6..<(piece + 1) * 6]), workers: Workers(1))
    }
    #expect(abs(whole.loss - (halves[0].loss + halves[1].loss) / 2) < 1e-6)
    #expect(
      zip(whole.gradient.values, halves.flatMap(\.gradient.values)).allSatisfy { abs($0 - $1 / 2) < 1e-6 })

    let half = NeighbourPairLoss(temperature: 0.5, elsewhere: 0.5)
    let gradient = half.evaluate(embeddings, places: places, workers: Workers(1)).gradient
    for i in stride(from: 0, to: 60, by: 7) {
      let losses = [Float(-1e-2), 1e-2].map { step in
        var values = embeddings.values
        values[i] += step
        return half.evaluate(Tensor(shape: [12, 5], values: values), places: places, workers: Workers(1)).loss
      }
      #expect(abs((losses[1] - losses[0]) / 2e-2 - Double(gradient.values[i])) < 2e-3)
    }
  }

  @Test("the same bits on 1, 2 and 3 workers")
  func workers() {
    let embeddings = Self.random(150, 20, seed: 2)
    let places = Self.places((0..<150).map { $0 / 30 }, (0..<150).map { $0 % 30 })
    let results = [1, 2, 3].map { NeighbourPairLoss().evaluate(embeddings, places: places, workers: Workers($0)) }
    for other in results.dropFirst() {
      #expect(other.loss == results[0].loss)
      #expect(other.gradient == results[0].gradient)
    }
  }

  @Test("moments without a neighbour, or without a stranger, cost nothing and pull at nothing")
  func lonely() {
    let embeddings = Self.random(3, 4, seed: 3)
    for places in [Self.places([0, 1, 2], [0, 0, 0]), Self.places([0, 0, 0], [0, 1, 2])] {
      let result = NeighbourPairLoss(reach: 2, blind: 2).evaluate(embeddings, places: places, workers: Workers(1))
      #expect(result.loss == 0)
      #expect(result.gradient.values.allSatisfy { $0 == 0 })
    }
  }
}
