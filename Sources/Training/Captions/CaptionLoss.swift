import Networks

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The symmetric InfoNCE of two towers (Radford et al. 2021, arXiv 2103.00020), with as many positives as there are.
///
/// With logits zᵢⱼ = s (uᵢ · vⱼ), s = 1/τ learned, a row's loss is the cross entropy between softmax over its columns and
/// an even share for each of its positives (Khosla et al. 2020, arXiv 2004.11362, "out"); the same for columns; the mean
/// of both. Pairs that are neither, such as two drawings of which one caption fits both, stand in no sum. A row without
/// a positive is left out.
public struct CaptionLoss: Sendable {
  /// What a picture and a text are to each other.
  public enum Relation: UInt8, Sendable {
    /// The text describes the picture.
    case positive
    /// It does not.
    case negative
    /// It might.
    case neutral
  }

  /// What a batch costs, and the directions that lower it.
  public struct Value: Sendable {
    /// The mean over rows and over columns, halved.
    public var loss: Double
    /// The derivative for the left embeddings.
    public var left: Tensor
    /// The derivative for the right embeddings.
    public var right: Tensor
    /// The derivative for ln s.
    public var logScale: Double
    /// The share of rows whose most likely column is a positive.
    public var accuracy: Double
  }

  /// The loss.
  public init() {}

  /// Evaluates the loss and its gradients.
  ///
  /// - Parameters:
  ///   - left: `[n, dimension]`, on the unit sphere.
  ///   - right: `[m, dimension]`, on the unit sphere.
  ///   - relations: `[n × m]`, row after row.
  ///   - logScale: ln s.
  public func evaluate(_ left: Tensor, _ right: Tensor, relations: [Relation], logScale: Double) -> Value {
    let (rows, columns) = (left.shape[0], right.shape[0])
    precondition(relations.count == rows * columns, "every pair has a relation")
    let scale = Float(exp(logScale))
    let cosines = Tensor.product(left, right, transposeRight: true)
    var gradient = Tensor(shape: [rows, columns])
    var (loss, right1) = (0.0, 0)
    cosines.withUnsafeBufferPointer { cosines in
      gradient.withUnsafeMutableBufferPointer { gradient in
        let lines = (0..<rows).map { Line(start: $0 * columns, step: 1, count: columns) }
        let across = Self.crossEntropy(lines, cosines, relations, scale, into: gradient)
        let files = (0..<columns).map { Line(start: $0, step: columns, count: rows) }
        let down = Self.crossEntropy(files, cosines, relations, scale, into: gradient)
        loss = (across.loss + down.loss) / 2
        right1 = across.right
      }
    }
    var logScaleGradient = 0.0
    cosines.withUnsafeBufferPointer { cosines in
      gradient.withUnsafeMutableBufferPointer { gradient in
        for i in gradient.indices {
          logScaleGradient += Double(gradient[i]) * Double(cosines[i]) * Double(scale)
          gradient[i] *= scale
        }
      }
    }
    return Value(
      loss: loss, left: Tensor.product(gradient, right), right: Tensor.product(gradient, left, transposeLeft: true),
      logScale: logScaleGradient, accuracy: Double(right1) / Double(max(1, rows)))
  }

  private struct Line {
    let start: Int
    let step: Int
    let count: Int
  }

  /// The mean cross entropy of some lines of the matrix, and half its derivative for the logits, which is added.
  private static func crossEntropy(
    _ lines: [Line], _ cosines: UnsafeBufferPointer<Float>, _ relations: [Relation], _ scale: Float,
    into gradient: UnsafeMutableBufferPointer<Float>
  ) -> (loss: Double, right: Int) {
    let positives = lines.map { line in
      (0..<line.count).count { relations[line.start + $0 * line.step] == .positive }
    }
    let usable = max(1, positives.count { $0 > 0 })
    var (total, right) = (0.0, 0)
    for (line, positives) in zip(lines, positives) where positives > 0 {
      var (largest, place) = (-Float.infinity, line.start)
      for i in 0..<line.count {
        let at = line.start + i * line.step
        if relations[at] != .neutral, cosines[at] > largest { (largest, place) = (cosines[at], at) }
      }
      if relations[place] == .positive { right += 1 }
      var sum: Float = 0
      for i in 0..<line.count {
        let at = line.start + i * line.step
        if relations[at] != .neutral { sum += exp(scale * (cosines[at] - largest)) }
      }
      let logSum = log(sum)
      let target = 1 / Float(positives)
      for i in 0..<line.count {
        let at = line.start + i * line.step
        guard relations[at] != .neutral else { continue }
        let logShare = scale * (cosines[at] - largest) - logSum
        let isPositive = relations[at] == .positive
        if isPositive { total -= Double(target * logShare) }
        gradient[at] += (exp(logShare) - (isPositive ? target : 0)) / Float(2 * usable)
      }
    }
    return (total / Double(usable), right)
  }
}
