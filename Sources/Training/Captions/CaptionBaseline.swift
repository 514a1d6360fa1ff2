import Images
import Networks

/// What can be had in closed form: ridge regression from the principal components of small pictures to sentences as
/// bags of words (hashed to a fixed number of values), compared by cosine.
///
/// Principal components are uncorrelated, so that the regression W = (XᵀX + λI)⁻¹ XᵀY needs no inverse: component k's
/// weights are (xₖ · Y) / (‖xₖ‖² + λ). λ is a hundredth of the first component's ‖x‖².
public struct CaptionBaseline: Sendable {
  private let components: LinearProjection
  /// `[components, values]`.
  private let weights: Tensor
  private let random: SeededRandom

  private static let side = 16
  private static let values = 512

  /// Fits pictures to their captions.
  ///
  /// - Throws: ``BaselineError`` where the pictures are too few or all alike.
  public init(_ data: CaptionedPictures, components count: Int = 64) throws {
    random = SeededRandom(seed: 0x5E17)
    let rows = Self.small(data)
    let features = rows.count / max(1, data.count)
    components = try PrincipalComponents.fit(
      rows, features: features, dimension: max(1, min(count, data.count - 1, features)))
    let x = Tensor(shape: [data.count, components.dimension], values: try components.project(rows))
    let texts = Self.hashed(
      data.captionsOfPicture.map { $0.map { data.captions[$0] }.joined(separator: " ") }, random)
    var weights = Tensor.product(x, texts, transposeLeft: true)
    let squares = components.eigenvalues.map { $0 * Double(data.count) }
    let ridge = (squares.first ?? 1) / 100
    weights.withUnsafeMutableBufferPointer { target in
      for i in target.indices { target[i] /= Float(squares[i / Self.values] + ridge) }
    }
    self.weights = weights
  }

  /// How well it finds captions and pictures that it has not seen.
  public func evaluate(on data: CaptionedPictures) throws -> CaptionReport {
    let x = Tensor(shape: [data.count, components.dimension], values: try components.project(Self.small(data)))
    var pictures = Tensor.product(x, weights)
    Self.normalize(&pictures)
    return CaptionReport(pictures: pictures, captions: Self.hashed(data.captions, random), data: data)
  }

  /// Means over cells of a coarse grid, row after row.
  private static func small(_ data: CaptionedPictures) -> [Float] {
    let shape = data.preprocessing.unnormalized.shape
    let (channels, height, width) = (shape[0], shape[1], shape[2])
    let (down, across) = (min(side, height), min(side, width))
    var rows: [Float] = []
    rows.reserveCapacity(data.count * channels * down * across)
    for picture in 0..<data.count {
      for channel in 0..<channels {
        var sums = [Float](repeating: 0, count: down * across)
        var counts = sums
        let start = picture * data.stride + channel * height * width
        for y in 0..<height {
          for x in 0..<width {
            let cell = y * down / height * across + x * across / width
            sums[cell] += Float(data.pixels[start + y * width + x]) / 255
            counts[cell] += 1
          }
        }
        rows += zip(sums, counts).map { $0 / max($1, 1) }
      }
    }
    return rows
  }

  /// Every word adds or takes away 1 at four places that its hash chooses; the whole on the unit sphere.
  private static func hashed(_ texts: [String], _ random: SeededRandom) -> Tensor {
    var result = Tensor(shape: [texts.count, values])
    result.withUnsafeMutableBufferPointer { target in
      for (row, text) in texts.enumerated() {
        for word in CaptionFeatures.features(text) {
          var own = random.split(word.whole)
          for _ in 0..<4 {
            let place = own.integer(below: values)
            target[row * values + place] += own.chance(0.5) ? 1 : -1
          }
        }
      }
    }
    normalize(&result)
    return result
  }

  private static func normalize(_ rows: inout Tensor) {
    let width = rows.shape[1]
    rows.withUnsafeMutableBufferPointer { target in
      for start in stride(from: 0, to: target.count, by: max(1, width)) {
        let range = start..<start + width
        let norm = target[range].reduce(0) { $0 + $1 * $1 }.squareRoot()
        if norm > 0 { for i in range { target[i] /= norm } }
      }
    }
  }
}

extension TrainedCaptions {
  /// How the first pair of towers and the closed-form baseline do on the concepts that were set aside, in the table's
  /// order; nil where none were.
  public func validationReports() throws -> [(name: String, report: CaptionReport)]? {
    if let reports { return reports }
    guard let scout, let validation else { return nil }
    return [
      ("captions, one pair of towers", try scout.evaluate(on: validation)),
      ("ridge regression of words on PCA-64", try CaptionBaseline(training).evaluate(on: validation)),
    ]
  }
}

extension CaptionReport {
  /// A table with a row a report.
  public static func table(_ rows: [(name: String, report: CaptionReport)]) -> String {
    func cells(_ direction: Direction) -> [String] {
      [direction.recallAt1, direction.recallAt5, direction.recallAt10].map(TextTable.share)
        + [TextTable.rank(direction.medianRank)]
    }
    return TextTable.lines(
      header: ["", "text→image R@1", "R@5", "R@10", "median", "image→text R@1", "R@5", "R@10", "median"],
      rows: rows.map { [$0.name] + cells($0.report.textToImage) + cells($0.report.imageToText) })
  }
}
