import CNetworks

/// y = W x + b, for each group of an example's values.
final class LinearStage: Stage {
  var inputCount: Int { groups * inputs }
  var outputCount: Int { groups * outputs }
  private let inputs: Int
  private let outputs: Int
  private let groups: Int
  let weight: Parameter
  let bias: Parameter?
  private var y = FloatBuffer(count: 0)
  private var input: UnsafePointer<Float>?

  /// Rows a product has at most: enough for speed, few enough for every worker to get some.
  private static let rows = 32

  init(layer: Int, inputs: Int, outputs: Int, bias: Bool, groups: Int) {
    (self.inputs, self.outputs, self.groups) = (inputs, outputs, groups)
    weight = Parameter(name: "\(layer).weight", shape: [outputs, inputs], isDecayed: true)
    self.bias = bias ? Parameter(name: "\(layer).bias", shape: [outputs], isDecayed: false) : nil
  }

  var parameters: [Parameter] { bias.map { [weight, $0] } ?? [weight] }

  func forward(_ pass: Pass, input: UnsafePointer<Float>) -> UnsafePointer<Float> {
    FloatBuffer.reserve(&y, count: pass.images * outputCount)
    self.input = input
    pass.finishSlices()
    let y = self.y.base
    forEachPiece(of: pass.images * groups, pass) { rows in
      let target = y + rows.lowerBound * outputs
      if let bias {
        for row in 0..<rows.count { (target + row * outputs).update(from: bias.base, count: outputs) }
      }
      MatrixProduct.multiply(
        m: rows.count, n: outputs, k: inputs, input + rows.lowerBound * inputs, weight.base,
        transposeB: true, beta: bias == nil ? 0 : 1, into: target)
    }
    return UnsafePointer(y)
  }

  func backward(_ pass: Pass, outputGradient: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>?) {
    guard let input else { return }
    pass.finishSlices()
    forEachPiece(of: outputs, pass) { range in
      MatrixProduct.multiply(
        m: range.count, n: inputs, k: pass.images * groups, outputGradient + range.lowerBound, transposeA: true,
        strideA: outputs, input, beta: 1, into: weight.gradientBase + range.lowerBound * inputs)
    }
    if let bias { cn_column_sums_add(outputGradient, pass.images * groups, outputs, bias.gradientBase) }
    guard let inputGradient else { return }
    forEachPiece(of: pass.images * groups, pass) { rows in
      MatrixProduct.multiply(
        m: rows.count, n: inputs, k: outputs, outputGradient + rows.lowerBound * outputs, weight.base,
        into: inputGradient + rows.lowerBound * inputs)
    }
  }

  private func forEachPiece(of count: Int, _ pass: Pass, _ body: (Range<Int>) -> Void) {
    // A small product is done before another thread has woken.
    let isSmall = pass.images * inputCount * outputs < 1 << 21
    let workers = isSmall ? Workers(1) : pass.workers
    workers.forEach((count + Self.rows - 1) / Self.rows) { piece, _ in
      body(piece * Self.rows..<min(count, (piece + 1) * Self.rows))
    }
  }
}
