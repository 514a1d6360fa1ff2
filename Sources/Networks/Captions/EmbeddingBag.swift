import CNetworks

/// A table of trained rows; an input is a bag of rows with weights, its result their weighted sum.
///
/// Only the rows of a batch have a gradient, and only they are moved: AdamW a row at a time, each by its own count of
/// steps (a rare row's moments do not fade while it is away).
public final class EmbeddingBag {
  /// The number of rows.
  public let rows: Int
  /// The number of values of a row.
  public let dimension: Int

  private let values: FloatBuffer
  private let gradient: FloatBuffer
  private let first: FloatBuffer
  private let second: FloatBuffer
  private var steps: [Int]
  private var isTouched: [Bool]
  private var touched: [Int] = []

  /// A table whose values are normal with this deviation, drawn from `seed`.
  public init(rows: Int, dimension: Int, deviation: Double, seed: UInt64) {
    self.rows = rows
    self.dimension = dimension
    (values, gradient) = (FloatBuffer(count: rows * dimension), FloatBuffer(count: rows * dimension))
    (first, second) = (FloatBuffer(count: rows * dimension), FloatBuffer(count: rows * dimension))
    steps = [Int](repeating: 0, count: rows)
    isTouched = [Bool](repeating: false, count: rows)
    var random = SeededRandom(seed: seed)
    for i in 0..<rows * dimension { values.base[i] = Float(random.normal() * deviation) }
  }

  /// The whole table, `[rows, dimension]`.
  public var table: Tensor {
    get {
      Tensor(shape: [rows, dimension], values: Array(UnsafeBufferPointer(start: values.base, count: values.count)))
    }
    set {
      precondition(newValue.shape == [rows, dimension], "a table of shape \(newValue.shape) does not fit")
      newValue.withUnsafeBufferPointer { source in
        if let from = source.baseAddress { values.base.update(from: from, count: source.count) }
      }
    }
  }

  func withValues(_ body: (UnsafePointer<Float>) -> Void) { body(values.base) }

  /// The gradient of the last ``backward(_:bags:)`` calls since the last step, `[rows, dimension]`.
  public var gradients: Tensor {
    Tensor(shape: [rows, dimension], values: Array(UnsafeBufferPointer(start: gradient.base, count: gradient.count)))
  }

  /// The weighted sums `[n, dimension]` of `n` bags.
  public func forward(_ bags: [[CaptionVocabulary.Entry]]) -> Tensor {
    var result = Tensor(shape: [bags.count, dimension])
    result.withUnsafeMutableBufferPointer { target in
      guard let to = target.baseAddress else { return }
      Self.sum(bags, values.base, dimension: dimension, into: to)
    }
    return result
  }

  /// The weighted sums `[n, dimension]` of `n` bags of the rows of a table, `[rows, dimension]`.
  package static func sums(_ bags: [[CaptionVocabulary.Entry]], of table: Tensor) -> Tensor {
    let dimension = table.shape[1]
    var result = Tensor(shape: [bags.count, dimension])
    result.withUnsafeMutableBufferPointer { target in
      table.withUnsafeBufferPointer { source in
        guard let from = source.baseAddress, let to = target.baseAddress else { return }
        sum(bags, from, dimension: dimension, into: to)
      }
    }
    return result
  }

  /// What the bags' values `[n, dimension]` give to the rows of a table, `[rows, dimension]`: the transpose of
  /// ``sums(_:of:)``.
  package static func spread(_ values: Tensor, over bags: [[CaptionVocabulary.Entry]], rows: Int) -> Tensor {
    let dimension = values.shape[1]
    var result = Tensor(shape: [rows, dimension])
    result.withUnsafeMutableBufferPointer { target in
      values.withUnsafeBufferPointer { source in
        guard let from = source.baseAddress, let to = target.baseAddress else { return }
        spread(from, over: bags, dimension: dimension, into: to)
      }
    }
    return result
  }

  private static func sum(
    _ bags: [[CaptionVocabulary.Entry]], _ table: UnsafePointer<Float>, dimension: Int,
    into target: UnsafeMutablePointer<Float>
  ) {
    for (place, bag) in bags.enumerated() {
      let out = target + place * dimension
      for entry in bag {
        let row = table + entry.row * dimension
        for d in 0..<dimension { out[d] += entry.weight * row[d] }
      }
    }
  }

  private static func spread(
    _ values: UnsafePointer<Float>, over bags: [[CaptionVocabulary.Entry]], dimension: Int,
    into target: UnsafeMutablePointer<Float>
  ) {
    for (place, bag) in bags.enumerated() {
      let given = values + place * dimension
      for entry in bag {
        let row = target + entry.row * dimension
        for d in 0..<dimension { row[d] += entry.weight * given[d] }
      }
    }
  }

  /// Adds to the rows' gradients, given the gradient for the sums.
  public func backward(_ outputGradient: Tensor, bags: [[CaptionVocabulary.Entry]]) {
    precondition(outputGradient.shape == [bags.count, dimension], "a gradient for every bag's sum is needed")
    outputGradient.withUnsafeBufferPointer { source in
      guard let from = source.baseAddress else { return }
      Self.spread(from, over: bags, dimension: dimension, into: gradient.base)
    }
    for entry in bags.joined() where !isTouched[entry.row] {
      isTouched[entry.row] = true
      touched.append(entry.row)
    }
  }

  /// The gradients' sum of squares over the rows that have any.
  public var gradientSquare: Double {
    touched.reduce(0) { $0 + cn_sum_of_squares(gradient.base + $1 * dimension, dimension) }
  }

  /// Moves the rows that have a gradient, and forgets the gradients.
  ///
  /// - Parameters:
  ///   - rate: the learning rate.
  ///   - scale: what gradients are multiplied with first.
  ///   - betas: the decay of the first and second moments.
  ///   - weightDecay: the share of a row that a step at rate 1 takes away.
  public func step(
    rate: Double, scale: Double = 1, betas: (Double, Double) = (0.9, 0.99), weightDecay: Double = 0
  ) {
    for row in touched {
      steps[row] += 1
      let (firstCorrection, secondCorrection) = (
        1 - AdamW.power(betas.0, steps[row]), 1 - AdamW.power(betas.1, steps[row])
      )
      let settings = cn_adamw_settings(
        beta1: Float(betas.0), beta2: Float(betas.1), epsilon: 1e-8, scale: Float(scale),
        decay: Float(rate * weightDecay), step: Float(rate / firstCorrection),
        rootScale: Float(1 / secondCorrection.squareRoot()))
      let at = row * dimension
      cn_adamw(
        values.base + at, gradient.base + at, first.base + at, second.base + at, dimension, settings)
      (gradient.base + at).update(repeating: 0, count: dimension)
      isTouched[row] = false
    }
    touched.removeAll(keepingCapacity: true)
  }
}

extension EmbeddingBag {
  /// What a resumed training needs: the table, its moments, and each row's number of steps.
  public var state: [String: Tensor] {
    func tensor(_ buffer: FloatBuffer) -> Tensor {
      Tensor(shape: [rows, dimension], values: Array(UnsafeBufferPointer(start: buffer.base, count: buffer.count)))
    }
    // A float32 holds every number of steps below 2^24 exactly, which is more than any training takes.
    return [
      "values": table, "first": tensor(first), "second": tensor(second),
      "steps": Tensor(shape: [rows], values: steps.map { Float($0) }),
    ]
  }

  /// Takes over the ``state`` of a table of the same shape, between two steps.
  ///
  /// - Throws: ``NetworkError`` where it does not fit; the table stays as it was.
  public func restore(_ state: [String: Tensor]) throws {
    let shape = [rows, dimension]
    guard let values = state["values"], let first = state["first"], let second = state["second"],
      let steps = state["steps"], [values, first, second].allSatisfy({ $0.shape == shape }), steps.shape == [rows],
      steps.values.allSatisfy({ (0..<0x1p24).contains($0) })
    else { throw NetworkError("the state of a table of features belongs to another training") }
    table = values
    for (buffer, tensor) in [(self.first, first), (self.second, second)] {
      tensor.withUnsafeBufferPointer { source in
        if let from = source.baseAddress { buffer.base.update(from: from, count: source.count) }
      }
    }
    self.steps = steps.values.map { Int($0) }
  }
}
