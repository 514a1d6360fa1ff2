import CNetworks

/// An exponential moving average of an ``EmbeddingBag``'s table; the first update copies.
public struct RunningTable: Sendable {
  private var average: Tensor?

  /// An average of nothing yet.
  public init() {}

  /// Goes on from an earlier average's ``tensor``.
  ///
  /// - Throws: ``NetworkError`` where it is of another table's shape.
  public init(_ tensor: Tensor?, of bag: EmbeddingBag) throws {
    guard tensor.map({ $0.shape == [bag.rows, bag.dimension] }) ?? true else {
      throw NetworkError("the average of a table of features belongs to another training")
    }
    average = tensor
  }

  /// The average; nil before the first update.
  public var tensor: Tensor? { average }

  /// Takes in the present table: average = decay average + (1 − decay) table.
  public mutating func update(from bag: EmbeddingBag, decay: Double) {
    let isFirst = average == nil
    var next = average ?? Tensor(shape: [bag.rows, bag.dimension])
    average = nil
    next.withUnsafeMutableBufferPointer { target in
      bag.withValues { cn_average(target.baseAddress, $0, target.count, isFirst ? 0 : Float(decay)) }
    }
    average = next
  }
}
