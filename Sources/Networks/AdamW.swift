import CNetworks

/// Adam with decoupled weight decay (Kingma & Ba, 2015; Loshchilov & Hutter, 2019).
///
///     m = β₁ m + (1 - β₁) g        v = β₂ v + (1 - β₂) g²
///     w = w - rate (decay w + m̂ / (sqrt(v̂) + ε))
///
/// Weight decay leaves out biases and batch normalisation.
public struct AdamW: Sendable {
  /// The decay of the first and second moments.
  public var betas: (Double, Double)
  /// Added to the root of the second moment.
  public var epsilon: Double
  /// The share of a weight that a step at rate 1 would take away.
  public var weightDecay: Double
  /// Gradients are scaled down to this norm where theirs, over all parameters, is larger. Nil: never.
  public var largestGradientNorm: Double?
  /// How many steps have been taken.
  public private(set) var steps = 0
  /// First and second moments, in the order of the network's parameters, as they are stored.
  private var firstMoments: [Tensor] = []
  private var secondMoments: [Tensor] = []
  private var names: [String] = []

  /// An optimiser that has taken no step.
  public init(
    betas: (Double, Double) = (0.9, 0.999), epsilon: Double = 1e-8, weightDecay: Double = 0.01,
    largestGradientNorm: Double? = nil
  ) {
    self.betas = betas
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.largestGradientNorm = largestGradientNorm
  }

  /// Moves the network's parameters against their gradients.
  ///
  /// - Returns: the gradients' norm over all parameters, before clipping. Where it is not finite, nothing moves.
  /// - Precondition: every call is for the same network, or one of the same architecture.
  @discardableResult
  public mutating func step(_ network: Network, rate: Double) -> Double {
    let parameters = network.parameters
    prepare(parameters)
    let norm = parameters.reduce(0) { $0 + cn_sum_of_squares($1.gradientBase, $1.count) }.squareRoot()
    guard norm.isFinite else { return norm }
    steps += 1
    var scale = 1.0
    if let largest = largestGradientNorm, norm > largest { scale = largest / norm }
    let firstCorrection = 1 - Self.power(betas.0, steps)
    let secondCorrection = 1 - Self.power(betas.1, steps)
    for (index, parameter) in parameters.enumerated() {
      let settings = cn_adamw_settings(
        beta1: Float(betas.0), beta2: Float(betas.1), epsilon: Float(epsilon), scale: Float(scale),
        decay: Float(parameter.isDecayed ? rate * weightDecay : 0), step: Float(rate / firstCorrection),
        rootScale: Float(1 / secondCorrection.squareRoot()))
      firstMoments[index].withUnsafeMutableBufferPointer { first in
        secondMoments[index].withUnsafeMutableBufferPointer { second in
          cn_adamw(
            parameter.base, parameter.gradientBase, first.baseAddress, second.baseAddress, parameter.count, settings)
        }
      }
    }
    return norm
  }

  private mutating func prepare(_ parameters: [Parameter]) {
    if firstMoments.isEmpty {
      names = parameters.map(\.name)
      firstMoments = parameters.map { Tensor(shape: [$0.count]) }
      secondMoments = firstMoments
    }
    precondition(
      firstMoments.map(\.count) == parameters.map(\.count),
      "an optimiser belongs to the parameters it first stepped")
  }

  /// By multiplication: the C library's `pow` may differ in the last bit between platforms.
  package static func power(_ base: Double, _ exponent: Int) -> Double {
    var (result, square, rest) = (1.0, base, exponent)
    while rest > 0 {
      if rest & 1 == 1 { result *= square }
      square *= square
      rest >>= 1
    }
    return result
  }
}

extension AdamW {
  /// What a resumed training needs beside the weights: the moments and the number of steps. Empty before the first step.
  ///
  /// The tensors are flat and in the order the network stores them; they fit a network of the same architecture.
  public var state: [String: Tensor] {
    guard steps > 0 else { return [:] }
    // Two float32 hold every step number below 2^48 exactly.
    var state = [Self.stepsKey: Tensor(shape: [2], values: [Float(steps >> 24), Float(steps & 0xFF_FFFF)])]
    for (index, name) in names.enumerated() {
      state["\(name).first"] = firstMoments[index]
      state["\(name).second"] = secondMoments[index]
    }
    return state
  }

  /// Takes over the ``state`` of an optimiser that stepped a network of the same architecture.
  ///
  /// - Throws: ``NetworkError`` where the state does not fit the network; the optimiser stays as it was.
  public mutating func restore(_ state: [String: Tensor], for network: Network) throws {
    guard !state.isEmpty else {
      (steps, names, firstMoments, secondMoments) = (0, [], [], [])
      return
    }
    let parts = state[Self.stepsKey]?.values ?? []
    guard parts.count == 2, parts.allSatisfy({ $0 >= 0 && $0 < 0x1p24 && $0.rounded() == $0 }) else {
      throw NetworkError("the optimiser's state has no number of steps: start the training anew")
    }
    func moments(_ role: String) throws -> [Tensor] {
      try network.parameters.map { parameter in
        guard let tensor = state["\(parameter.name).\(role)"], tensor.shape == [parameter.count] else {
          throw NetworkError(
            "the optimiser's state has no \(role) moment of \(parameter.count) values for \(parameter.name): it "
              + "belongs to another network")
        }
        return tensor
      }
    }
    let (first, second) = (try moments("first"), try moments("second"))
    guard state.count == 2 * network.parameters.count + 1 else {
      throw NetworkError("the optimiser's state has tensors this network does not know: it belongs to another network")
    }
    steps = Int(parts[0]) << 24 + Int(parts[1])
    names = network.parameters.map(\.name)
    (firstMoments, secondMoments) = (first, second)
  }

  private static let stepsKey = "steps"
}
