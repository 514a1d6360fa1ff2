import CNetworks

/// Convolution as one matrix product over patches (im2col): z = patches Wᵀ.
struct PatchConvolution: ConvolutionMethod {
  let tiling: ConvolutionTiling
  private let geometry: cn_convolution
  private let patch: Int
  private let inputCount: Int
  private let outputs: Int
  /// A 1 x 1 convolution's patches are its pixels.
  private let isIdentity: Bool

  /// Patches of a tile are about this many floats, so that they and their gradients fit a second-level cache of 1 MiB.
  private static let budget = 1 << 16

  init(_ convolution: BlockPlan.Convolution, input: FeatureShape, output: FeatureShape, pool: Int) {
    geometry = cn_convolution(
      height: input.height, width: input.width, channels: input.channels, kernel: convolution.kernel,
      stride: convolution.stride, padding: convolution.padding, outputWidth: output.width)
    patch = convolution.kernel * convolution.kernel * input.channels
    inputCount = input.count
    outputs = output.channels
    isIdentity = convolution.kernel == 1 && convolution.stride == 1
    tiling = ConvolutionTiling(
      output: output, perPosition: max(patch, output.channels), multiple: pool, budget: Self.budget)
  }

  var forwardScratch: Int { isIdentity ? 0 : tiling.positions * patch }
  var backwardScratch: Int { 2 * forwardScratch }
  var preparedCount: Int { outputs * patch }
  var planes: Int { 1 }

  func prepare(_ weights: UnsafePointer<Float>, into prepared: UnsafeMutablePointer<Float>) {
    prepared.update(from: weights, count: preparedCount)
  }

  /// The tile's patches: `column` filled from `input`, or the place in `input` itself.
  private func patches(
    _ tile: ConvolutionTiling.Tile, of input: UnsafePointer<Float>, column: UnsafeMutablePointer<Float>
  ) -> UnsafePointer<Float> {
    if isIdentity { return input + tiling.start(tile) * patch }
    var target = column
    for image in tile.images {
      cn_im2col(input + image * inputCount, geometry, tile.rows.lowerBound, tile.rows.upperBound, target)
      target += tile.rows.count * tiling.outputWidth * patch
    }
    return UnsafePointer(column)
  }

  func forward(
    _ tile: ConvolutionTiling.Tile, input: UnsafePointer<Float>, prepared: UnsafePointer<Float>,
    z: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) {
    MatrixProduct.multiply(
      m: tiling.positions(tile), n: outputs, k: patch, patches(tile, of: input, column: scratch), prepared,
      transposeB: true, into: z)
  }

  func backward(
    _ tile: ConvolutionTiling.Tile, input: UnsafePointer<Float>, prepared: UnsafePointer<Float>,
    dz: UnsafePointer<Float>, isFirst: Bool, partial: UnsafeMutablePointer<Float>,
    inputGradient: UnsafeMutablePointer<Float>?, scratch: UnsafeMutablePointer<Float>
  ) {
    let positions = tiling.positions(tile)
    MatrixProduct.multiply(
      m: outputs, n: patch, k: positions, dz, transposeA: true, patches(tile, of: input, column: scratch),
      beta: isFirst ? 0 : 1, into: partial)
    guard let inputGradient else { return }
    if isIdentity {
      MatrixProduct.multiply(
        m: positions, n: patch, k: outputs, dz, prepared, beta: 1, into: inputGradient + tiling.start(tile) * patch)
      return
    }
    var source = scratch + forwardScratch
    MatrixProduct.multiply(m: positions, n: patch, k: outputs, dz, prepared, into: source)
    for image in tile.images {
      cn_col2im_add(
        source, geometry, tile.rows.lowerBound, tile.rows.upperBound, inputGradient + image * inputCount)
      source += tile.rows.count * tiling.outputWidth * patch
    }
  }

  func addGradient(_ total: UnsafePointer<Float>, outputs: Range<Int>, to gradient: UnsafeMutablePointer<Float>) {
    for i in outputs.lowerBound * patch..<outputs.upperBound * patch { gradient[i] += total[i] }
  }
}
