/// How a convolution's output is cut into tiles small enough that what is made of them stays in the cache.
///
/// A tile is a few rows of one image, or several whole images where images are small. Tiles depend on shapes alone, so
/// a sum over tiles is the same whoever computes it.
struct ConvolutionTiling: Sendable {
  let outputHeight: Int
  let outputWidth: Int
  /// The most rows and images a tile has.
  let rows: Int
  let images: Int

  /// Tiles of about `budget` floats where an output position takes `perPosition`; rows are a multiple of `multiple`.
  init(output: FeatureShape, perPosition: Int, multiple: Int, budget: Int) {
    outputHeight = output.height
    outputWidth = output.width
    let row = output.width * perPosition
    let fitting = max(multiple, budget / row / multiple * multiple)
    if fitting >= output.height {
      rows = output.height
      images = max(1, budget / (row * output.height))
    } else {
      rows = fitting
      images = 1
    }
  }

  struct Tile {
    /// More than one only where tiles are whole images.
    var images: Range<Int>
    var rows: Range<Int>
  }

  /// Calls `body` for every tile of `images`, in order.
  @inline(__always)
  func forEachTile(_ images: Range<Int>, _ body: (Tile) -> Void) {
    var image = images.lowerBound
    while image < images.upperBound {
      let upper = min(image + self.images, images.upperBound)
      var row = 0
      while row < outputHeight {
        let below = min(row + rows, outputHeight)
        body(Tile(images: image..<upper, rows: row..<below))
        row = below
      }
      image = upper
    }
  }

  /// The most positions a tile has.
  var positions: Int { images * rows * outputWidth }

  func positions(_ tile: Tile) -> Int { tile.images.count * tile.rows.count * outputWidth }

  /// The tile's first position, counted over the batch.
  func start(_ tile: Tile) -> Int {
    (tile.images.lowerBound * outputHeight + tile.rows.lowerBound) * outputWidth
  }
}

/// A way to compute a convolution and its gradients, a tile at a time, channels-last.
protocol ConvolutionMethod: Sendable {
  var tiling: ConvolutionTiling { get }
  /// Floats of scratch for ``forward`` and for ``backward``.
  var forwardScratch: Int { get }
  var backwardScratch: Int { get }
  /// Floats of weights as this method wants them, and of a weight gradient before ``addGradient``.
  var preparedCount: Int { get }
  /// How many matrices `[outputs][...]` these are.
  var planes: Int { get }

  /// Prepares `weights[outputs][kernel][kernel][channels]`.
  func prepare(_ weights: UnsafePointer<Float>, into prepared: UnsafeMutablePointer<Float>)

  /// `z` of a tile from the batch's `input`.
  func forward(
    _ tile: ConvolutionTiling.Tile, input: UnsafePointer<Float>, prepared: UnsafePointer<Float>,
    z: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>)

  /// The tile's share of the gradients: `partial` is overwritten by the first tile and added to by others; what
  /// concerns the input is added to the batch's `inputGradient`.
  func backward(
    _ tile: ConvolutionTiling.Tile, input: UnsafePointer<Float>, prepared: UnsafePointer<Float>,
    dz: UnsafePointer<Float>, isFirst: Bool, partial: UnsafeMutablePointer<Float>,
    inputGradient: UnsafeMutablePointer<Float>?, scratch: UnsafeMutablePointer<Float>)

  /// Adds the sum of all partials, for some of the outputs, to the gradient of the weights.
  func addGradient(
    _ total: UnsafePointer<Float>, outputs: Range<Int>, to gradient: UnsafeMutablePointer<Float>)
}

extension BlockPlan {
  /// The faster method for this block's convolution.
  var method: (any ConvolutionMethod)? {
    guard let convolution else { return nil }
    return WinogradConvolution(convolution, input: input, output: middle, pool: pool)
      ?? PatchConvolution(convolution, input: input, output: middle, pool: pool)
  }
}
