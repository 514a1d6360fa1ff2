import Networks

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// One learned direction for every training identity, for the losses that need them; moved by Adam (Kingma & Ba 2015),
/// without decay, and thrown away after the training.
struct LossHead: Sendable {
  /// Shape `[identities, dimension]`.
  private(set) var directions: Tensor
  private var first: Tensor
  private var second: Tensor
  private var steps = 0
  private let rowOf: [Int: Int]

  /// Random directions for the identities in `labels`.
  init(labels: [Int], dimension: Int, random: SeededRandom) {
    let identities = Set(labels).sorted()
    rowOf = Dictionary(uniqueKeysWithValues: zip(identities, 0...))
    var random = random
    let deviation = 1 / Double(dimension).squareRoot()
    directions = Tensor(
      shape: [identities.count, dimension],
      values: (0..<identities.count * dimension).map { _ in Float(random.normal() * deviation) })
    first = Tensor(shape: directions.shape)
    second = first
  }

  /// The rows of the identities.
  func rows(_ labels: [Int]) -> [Int] { labels.map { rowOf[$0] ?? 0 } }

  /// One step against the gradient.
  mutating func step(_ gradient: Tensor, rate: Double) {
    steps += 1
    let (beta1, beta2): (Float, Float) = (0.9, 0.99)
    var (power1, power2) = (1.0, 1.0)
    for _ in 0..<min(steps, 10_000) { (power1, power2) = (power1 * 0.9, power2 * 0.99) }
    let step = Float(rate / (1 - power1))
    let scale = Float(1 / (1 - power2))
    gradient.withUnsafeBufferPointer { gradient in
      directions.withUnsafeMutableBufferPointer { values in
        first.withUnsafeMutableBufferPointer { first in
          second.withUnsafeMutableBufferPointer { second in
            for i in values.indices {
              first[i] = beta1 * first[i] + (1 - beta1) * gradient[i]
              second[i] = beta2 * second[i] + (1 - beta2) * gradient[i] * gradient[i]
              values[i] -= step * first[i] / ((second[i] * scale).squareRoot() + 1e-8)
            }
          }
        }
      }
    }
  }
}

extension LossHead {
  /// What a resumed training needs.
  var state: [String: Tensor] {
    [
      "directions": directions, "first": first, "second": second,
      "steps": Tensor(shape: [2], values: [Float(steps >> 24), Float(steps & 0xFF_FFFF)]),
    ]
  }

  /// Goes on from the ``state`` of a head for the same identities.
  mutating func restore(_ state: [String: Tensor]) throws {
    guard let directions = state["directions"], let first = state["first"], let second = state["second"],
      let steps = state["steps"]?.values, steps.count == 2, steps.allSatisfy({ (0..<0x1p24).contains($0) }),
      [directions, first, second].allSatisfy({ $0.shape == self.directions.shape })
    else { throw NetworkError("the loss's head does not fit the training's identities") }
    (self.directions, self.first, self.second) = (directions, first, second)
    self.steps = Int(steps[0]) << 24 + Int(steps[1])
  }
}
