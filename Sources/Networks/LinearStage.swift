import CNetworks

/// y = W x + b.
final class LinearStage: Stage {
  let inputCount: Int
  let outputCount: Int
  let weight: Parameter
  let bias: Parameter?
  private var y = FloatBuffer(count: 0)
  private var input: UnsafePointer<Float>?

  /// Rows a product has at most: enough for speed, few enough for every worker to get some.
  private static let rows = 32

  init(layer: Int, inputs: Int, outputs: Int, bias: Bool) {
    inputCount = inputs
    outputCount = outputs
    weight = Parameter(name: "\(layer).weight", shape: [outputs, inputs], isDecayed: true)
    self.bias = bias ? Parameter(name: "\(layer).bias", shape: [outputs], isDecayed: false) : nil
  }

  var parameters: [Parameter] { bias.map { [weight, $0] } ?? [weight] }

  func forward(_ pass: Pass, input: UnsafePointer<Float>) -> UnsafePointer<Float> {
    FloatBuffer.reserve(&y, count: pass.images * outputCount)
    self.input = input
    pass.finishSlices()
    let y = self.y.base
    forEachPiece(of: pass.images, pass) { rows in
      let target = y + rows.lowerBound * outputCount
      if let bias {
        for row in 0..<rows.count { (target + row * outputCount).update(from: bias.base, count: outputCount) }
      }
      MatrixProduct.multiply(
        m: rows.count, n: outputCount, k: inputCount, input + rows.lowerBound * inputCount, weight.base,
        transposeB: true, beta: bias == nil ? 0 : 1, into: target)
    }
    return UnsafePointer(y)
  }

  func backward(_ pass: Pass, outputGradient: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>?) {
    guard let input else { return }
    pass.finishSlices()
    forEachPiece(of: outputCount, pass) { outputs in
      MatrixProduct.multiply(
        m: outputs.count, n: inputCount, k: pass.images, outputGradient + outputs.lowerBound, transposeA: true,
        strideA: outputCount, input, beta: 1, into: weight.gradientBase + outputs.lowerBound * inputCount)
    }
    if let bias { cn_column_sums_add(outputGradient, pass.images, outputCount, bias.gradientBase) }
    guard let inputGradient else { return }
    forEachPiece(of: pass.images, pass) { rows in
      MatrixProduct.multiply(
        m: rows.count, n: inputCount, k: outputCount, outputGradient + rows.lowerBound * outputCount, weight.base,
        into: inputGradient + rows.lowerBound * inputCount)
    }
  }

  private func forEachPiece(of count: Int, _ pass: Pass, _ body: (Range<Int>) -> Void) {
    // A small product is done before another thread has woken.
    let isSmall = pass.images * inputCount * outputCount < 1 << 21
    let workers = isSmall ? Workers(1) : pass.workers
    workers.forEach((count + Self.rows - 1) / Self.rows) { piece, _ in
      body(piece * Self.rows..<min(count, (piece + 1) * Self.rows))
    }
  }
}
