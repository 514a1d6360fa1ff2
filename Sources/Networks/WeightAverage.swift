import CNetworks

/// An exponential moving average of a network's weights, running statistics included.
///
///     average = decay average + (1 - decay) weights
///
/// The first update copies, so that the start's random weights never weigh in.
public struct WeightAverage: Sendable {
  /// The share of the average that an update keeps, in 0...1.
  public var decay: Double
  private var names: [String] = []
  private var shapes: [[Int]] = []
  /// As the network stores them.
  private var averages: [Tensor] = []

  /// An average of nothing yet.
  public init(decay: Double) {
    self.decay = decay
  }

  /// Takes in the network's present weights.
  ///
  /// - Precondition: every call is for the same network, or one of the same architecture.
  public mutating func update(from network: Network) {
    let isFirst = averages.isEmpty
    if isFirst {
      names = network.stored.map(\.name)
      shapes = network.stored.map(\.shape)
      averages = network.stored.map { Tensor(shape: [$0.count]) }
    }
    precondition(names == network.stored.map(\.name), "an average belongs to one architecture")
    for (index, tensor) in network.stored.enumerated() {
      averages[index].withUnsafeMutableBufferPointer {
        cn_average($0.baseAddress, tensor.buffer.base, tensor.count, isFirst ? 0 : Float(decay))
      }
    }
  }

  /// The averages under the names of ``Network/weights``; empty before the first update.
  public var weights: [String: Tensor] {
    var result: [String: Tensor] = [:]
    for index in names.indices {
      averages[index].withUnsafeBufferPointer { source in
        guard let base = source.baseAddress else { return }
        result[names[index]] = StoredTensor.publicOrder(base, shape: shapes[index])
      }
    }
    return result
  }
}

extension WeightAverage {
  /// Goes on from ``weights`` of an earlier average of the same architecture.
  ///
  /// - Throws: ``NetworkError`` where they do not fit the network; the average stays as it was.
  public mutating func restore(_ weights: [String: Tensor], for network: Network) throws {
    try network.architecture.check(weights)
    names = network.stored.map(\.name)
    shapes = network.stored.map(\.shape)
    averages = network.stored.map { stored in
      var average = Tensor(shape: [stored.count])
      average.withUnsafeMutableBufferPointer { target in
        weights[stored.name]?.withUnsafeBufferPointer { source in
          guard let from = source.baseAddress, let to = target.baseAddress else { return }
          StoredTensor.storedOrder(from, shape: stored.shape, to: to)
        }
      }
      return average
    }
  }
}
