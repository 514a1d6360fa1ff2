import CNetworks

/// How a convolution's output is cut into tiles whose patches stay in the cache.
///
/// A tile is a few rows of one image, or several whole images where images are small. Tiles depend on shapes alone.
struct PatchTiling: Sendable {
  let geometry: cn_convolution
  let patch: Int
  let outputHeight: Int
  let outputWidth: Int
  let rows: Int
  let images: Int
  /// A 1 x 1 convolution's patches are its pixels.
  let isIdentity: Bool

  /// Patches of a tile are about this many floats: half of a 1 MiB second-level cache with their gradients.
  private static let budget = 1 << 16

  init(_ convolution: BlockPlan.Convolution, input: FeatureShape, output: FeatureShape, pool: Int) {
    geometry = cn_convolution(
      height: input.height, width: input.width, channels: input.channels, kernel: convolution.kernel,
      stride: convolution.stride, padding: convolution.padding, outputWidth: output.width)
    patch = convolution.kernel * convolution.kernel * input.channels
    outputHeight = output.height
    outputWidth = output.width
    isIdentity = convolution.kernel == 1 && convolution.stride == 1
    let row = output.width * max(patch, output.channels)
    let fitting = max(pool, Self.budget / row / pool * pool)
    if fitting >= output.height {
      rows = output.height
      images = max(1, Self.budget / (row * output.height))
    } else {
      rows = fitting
      images = 1
    }
  }

  /// The most positions a tile has.
  var positions: Int { images * rows * outputWidth }

  struct Tile {
    /// Images, relative to the slice's first; more than one only where tiles are whole images.
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

  func positions(_ tile: Tile) -> Int { tile.images.count * tile.rows.count * outputWidth }

  /// The offset of the tile's first position in the batch's positions.
  func start(_ tile: Tile) -> Int {
    (tile.images.lowerBound * outputHeight + tile.rows.lowerBound) * outputWidth
  }

  /// The tile's patches: `column` filled from `input`, or the place in `input` itself.
  @inline(__always)
  func patches(
    _ tile: Tile, of input: UnsafePointer<Float>, inputCount: Int, column: UnsafeMutablePointer<Float>
  ) -> UnsafePointer<Float> {
    if isIdentity { return input + start(tile) * patch }
    var target = column
    for image in tile.images {
      cn_im2col(input + image * inputCount, geometry, tile.rows.lowerBound, tile.rows.upperBound, target)
      target += tile.rows.count * outputWidth * patch
    }
    return UnsafePointer(column)
  }
}
