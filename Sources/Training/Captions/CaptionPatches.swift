import Networks

/// A picture tower's layers without training: pictures' own patches as filters (Coates, Lee & Ng 2011, "An Analysis of
/// Single-Layer Networks in Unsupervised Feature Learning", with patches themselves for the means of clusters).
///
/// Patches are whitened: x ↦ C^(−1/2) (x − mean), C being their covariance with a little added to its diagonal. A filter
/// is a patch's direction; how much of it lies beyond a threshold, as a mean over each of 4 × 4 parts of the picture,
/// is a feature. Such features and trained ones err differently.
enum CaptionPatches {
  private static let filters = 256
  private static let samples = 20_000
  /// What is added to the covariance, as a share of its mean eigenvalue.
  private static let ridge = 0.1
  /// How many deviations of a filter's values are taken for nothing.
  private static let threshold = 0.25

  /// Layers up to the features, and their weights.
  ///
  /// - Throws: ``BaselineError`` where the pictures' patches are all alike.
  static func trunk(_ data: CaptionedPictures, seed: UInt64) throws -> EmbeddingModel.Member {
    let shape = data.preprocessing.shape
    let side = min(shape[1], shape[2])
    let stride = max(1, (side + 16) / 32)
    let kernel = min(side, max(3, 5 * side / 32))
    let pool = max(1, ((side - kernel) / stride + 1) / 4)
    let architecture = try Architecture(
      input: shape,
      layers: [
        .convolution(outputs: filters, kernel: kernel, stride: stride), .relu,
        .averagePooling(size: pool, stride: pool),
        .flatten,
      ])
    var random = SeededRandom(seed: seed)
    let patches = patches(data, kernel, &random)
    let mean = patches.mean()
    let centred = patches.centred(on: mean)
    let whitening = try whitening(centred)
    let white = centred.times(whitening)
    let directions = directions(white, &random)
    let response = white.times(transposed: directions)
    let deviation = (response.values.reduce(0) { $0 + $1 * $1 } / Double(response.values.count)).squareRoot()
    let scale = 1 / max(deviation, 1e-12)
    let weights = directions.times(whitening).scalingRows(by: [Double](repeating: scale, count: filters))
    let bias = (0..<filters).map { filter in
      Float(-zip(weights.row(filter), mean).reduce(threshold) { $0 + $1.0 * $1.1 })
    }
    return .init(
      architecture: architecture,
      weights: [
        "0.weight": Tensor(shape: [filters, shape[0], kernel, kernel], values: weights.values.map { Float($0) }),
        "0.bias": Tensor(shape: [filters], values: bias),
      ])
  }

  /// Whether a picture tower begins with such layers.
  static func isTrunk(of architecture: Architecture) -> Bool {
    guard architecture.layers.count > 4, case .convolution = architecture.layers[0],
      case .relu = architecture.layers[1], case .averagePooling = architecture.layers[2],
      case .flatten = architecture.layers[3]
    else { return false }
    return true
  }

  /// Patches of random pictures at random places, as many from each.
  private static func patches(
    _ data: CaptionedPictures, _ kernel: Int, _ random: inout SeededRandom
  ) -> FeatureRows {
    let shape = data.preprocessing.shape
    let (channels, height, width) = (shape[0], shape[1], shape[2])
    let chosen = random.shuffled(Array(0..<data.count)).prefix(samples / 10)
    let each = (samples + chosen.count - 1) / chosen.count
    var values: [Float] = []
    values.reserveCapacity(chosen.count * each * channels * kernel * kernel)
    for row in chosen {
      let picture = data.tensor(row..<row + 1).values
      for _ in 0..<each {
        let (y, x) = (random.integer(below: height - kernel + 1), random.integer(below: width - kernel + 1))
        for channel in 0..<channels {
          for line in y..<y + kernel {
            let start = (channel * height + line) * width + x
            values += picture[start..<start + kernel]
          }
        }
      }
    }
    return FeatureRows(values, features: channels * kernel * kernel)
  }

  /// C^(−1/2), which is symmetric.
  private static func whitening(_ centred: Matrix) throws -> Matrix {
    let side = centred.columns
    let eigen = try centred.transposed.gram().symmetricEigen(largest: side)
    let variances = eigen.values.map { max(0, $0) / Double(centred.rows) }
    let added = ridge * variances.reduce(0, +) / Double(side)
    guard added > 0 else { throw BaselineError("all parts of all pictures look the same: take others") }
    let roots = variances.map { 1 / ($0 + added).squareRoot() }
    return eigen.vectors.transposed.times(eigen.vectors.scalingRows(by: roots))
  }

  /// The directions of some of those patches that are longer than most, `[filters, values]`.
  private static func directions(_ white: Matrix, _ random: inout SeededRandom) -> Matrix {
    let lengths = (0..<white.rows).map { white.row($0).reduce(0) { $0 + $1 * $1 }.squareRoot() }
    let middle = lengths.sorted()[lengths.count / 2]
    let long = random.shuffled(lengths.indices.filter { lengths[$0] >= middle })
    let chosen = (0..<filters).map { long[$0 % long.count] }
    return Matrix(
      rows: filters, columns: white.columns,
      values: chosen.flatMap { row in white.row(row).map { $0 / max(lengths[row], 1e-12) } })
  }
}
