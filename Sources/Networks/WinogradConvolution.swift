import CNetworks

/// A 3 x 3 convolution of stride 1 by Winograd's F(2 x 2, 3 x 3) (Lavin & Gray, 2016): 16 products where patches take
/// 36, over small matrices that need no copying into patches. Its gradients are the exact transposes of its forward
/// pass.
///
/// The larger F(4 x 4, 3 x 3) would save more and lose about two digits.
struct WinogradConvolution: ConvolutionMethod {
  let tiling: ConvolutionTiling
  private let geometry: cn_winograd
  private let inputCount: Int
  private let channels: Int
  private let outputs: Int

  /// Of both transformed tensors together, so that they and the matrices between them fit the second-level cache.
  private static let budget = 1 << 18

  /// Nil where the convolution is of another kind, or so narrow or small that patches are faster.
  init?(_ convolution: BlockPlan.Convolution, input: FeatureShape, output: FeatureShape, pool: Int) {
    guard convolution.kernel == 3, convolution.stride == 1, input.channels >= 8, output.channels >= 8 else {
      return nil
    }
    let tiles = ((output.height + 1) / 2) * ((output.width + 1) / 2)
    guard tiles * 16 <= output.height * output.width * 7 else { return nil }
    geometry = cn_winograd(
      height: input.height, width: input.width, channels: input.channels, padding: convolution.padding,
      outputs: output.channels, outputWidth: output.width, tilesAcross: (output.width + 1) / 2)
    inputCount = input.count
    channels = input.channels
    outputs = output.channels
    tiling = ConvolutionTiling(
      output: output, perPosition: 4 * (input.channels + output.channels), multiple: pool % 2 == 0 ? pool : 2 * pool,
      budget: Self.budget)
  }

  /// The most tiles of 2 x 2 in a tile of the tiling.
  private var mostTiles: Int { tiling.images * ((tiling.rows + 1) / 2) * geometry.tilesAcross }
  private var widest: Int { max(channels, outputs) }

  var forwardScratch: Int { 16 * mostTiles * (channels + outputs) + 2 * widest }
  var backwardScratch: Int { 16 * mostTiles * (2 * channels + outputs) + 2 * widest }
  var preparedCount: Int { 16 * outputs * channels }
  var planes: Int { 16 }

  func prepare(_ weights: UnsafePointer<Float>, into prepared: UnsafeMutablePointer<Float>) {
    cn_winograd_weight(weights, outputs, channels, prepared)
  }

  /// Scratch begins with `widest` zeros and `widest` floats nobody reads.
  private struct Scratch {
    let zeros: UnsafeMutablePointer<Float>
    let spare: UnsafeMutablePointer<Float>
    let rest: UnsafeMutablePointer<Float>

    init(_ scratch: UnsafeMutablePointer<Float>, widest: Int) {
      zeros = scratch
      spare = scratch + widest
      rest = spare + widest
      zeros.update(repeating: 0, count: widest)
    }
  }

  /// The tile rows of 2 x 2 tiles, and their number.
  private func tileRows(_ tile: ConvolutionTiling.Tile) -> Range<Int> {
    tile.rows.lowerBound / 2..<(tile.rows.upperBound + 1) / 2
  }

  private func transformInput(
    _ tile: ConvolutionTiling.Tile, _ input: UnsafePointer<Float>, tiles: Int, _ scratch: Scratch,
    into v: UnsafeMutablePointer<Float>
  ) {
    let rows = tileRows(tile)
    for (index, image) in tile.images.enumerated() {
      cn_winograd_input(
        input + image * inputCount, geometry, rows.lowerBound, rows.upperBound, scratch.zeros,
        v + index * rows.count * geometry.tilesAcross * channels, tiles * channels)
    }
  }

  func forward(
    _ tile: ConvolutionTiling.Tile, input: UnsafePointer<Float>, prepared: UnsafePointer<Float>,
    z: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) {
    let scratch = Scratch(scratch, widest: widest)
    let perImage = tileRows(tile).count * geometry.tilesAcross
    let tiles = tile.images.count * perImage
    let v = scratch.rest
    let m = v + 16 * tiles * channels
    transformInput(tile, input, tiles: tiles, scratch, into: v)
    for k in 0..<16 {
      MatrixProduct.multiply(
        m: tiles, n: outputs, k: channels, v + k * tiles * channels, prepared + k * outputs * channels,
        transposeB: true, into: m + k * tiles * outputs)
    }
    for index in 0..<tile.images.count {
      cn_winograd_output(
        m + index * perImage * outputs, tiles * outputs, geometry, tile.rows.count, scratch.spare,
        z + index * tile.rows.count * tiling.outputWidth * outputs)
    }
  }

  func backward(
    _ tile: ConvolutionTiling.Tile, input: UnsafePointer<Float>, prepared: UnsafePointer<Float>,
    dz: UnsafePointer<Float>, isFirst: Bool, partial: UnsafeMutablePointer<Float>,
    inputGradient: UnsafeMutablePointer<Float>?, scratch: UnsafeMutablePointer<Float>
  ) {
    let scratch = Scratch(scratch, widest: widest)
    let rows = tileRows(tile)
    let perImage = rows.count * geometry.tilesAcross
    let tiles = tile.images.count * perImage
    let v = scratch.rest
    let dm = v + 16 * tiles * channels
    let dv = dm + 16 * tiles * outputs
    transformInput(tile, input, tiles: tiles, scratch, into: v)
    for index in 0..<tile.images.count {
      cn_winograd_output_gradient(
        dz + index * tile.rows.count * tiling.outputWidth * outputs, geometry, tile.rows.count, scratch.zeros,
        dm + index * perImage * outputs, tiles * outputs)
    }
    for k in 0..<16 {
      MatrixProduct.multiply(
        m: outputs, n: channels, k: tiles, dm + k * tiles * outputs, transposeA: true, v + k * tiles * channels,
        beta: isFirst ? 0 : 1, into: partial + k * outputs * channels)
    }
    guard let inputGradient else { return }
    for k in 0..<16 {
      MatrixProduct.multiply(
        m: tiles, n: channels, k: outputs, dm + k * tiles * outputs, prepared + k * outputs * channels,
        into: dv + k * tiles * channels)
    }
    for (index, image) in tile.images.enumerated() {
      cn_winograd_input_gradient(
        dv + index * perImage * channels, tiles * channels, geometry, rows.lowerBound, rows.upperBound, scratch.spare,
        inputGradient + image * inputCount)
    }
  }

  func addGradient(_ total: UnsafePointer<Float>, outputs range: Range<Int>, to gradient: UnsafeMutablePointer<Float>) {
    cn_winograd_weight_gradient(total, outputs, channels, range.lowerBound, range.upperBound, gradient)
  }
}
