import Networks

/// A pair of towers in closed form: regularised canonical correlation (Hotelling 1936; Vinod 1976,
/// doi 10.1016/0304-4076(76)90010-5) of pictures' features with sentences as bags of words and pieces.
///
/// With Hₓ and Hₜ what ridge regression on pictures' features and on bags sees of a value for each concept, the values t
/// that both see best are the largest eigenvectors of Hₜ Hₓ t = ρ² t. Their two regressions are the towers: one step
/// linear in the features, and one linear in the bag, which is a table of rows.
///
/// Every concept counts alike, however many pictures and captions it has. The eigenvectors are found by subspace
/// iteration from random values, with Rayleigh and Ritz's choice in each round; Hₜ is a solution by conjugate gradients.
package struct CaptionCorrelation {
  /// Rounds of the iteration.
  private static let rounds = 5
  /// Eigenvectors that are carried along beside those wanted.
  private static let spare = 32
  /// More pictures than these are thinned out evenly.
  private static let mostPictures = 8_192

  private let components: PictureComponents
  /// Each concept's mean component, scaled so that concepts of many pictures count as much as others,
  /// `[concepts, components]`.
  private let seen: Matrix
  private let said: BagRegression
  private let conceptOfBag: [Int]
  /// What a bag counts: 1/√k where its concept has k of them.
  private let countOfBag: [Double]

  /// The pair of towers whose picture tower begins with `trunk`.
  ///
  /// - Parameters:
  ///   - trunk: layers up to the features, and their weights.
  ///   - dimension: values of an embedding; those beyond what the concepts can tell are zero.
  ///   - seed: what the iteration begins with.
  ///   - deadline: when it has to be done; nil for whenever it is.
  /// - Returns: nil where it cannot be done by then.
  package static func towers(
    on trunk: EmbeddingModel.Member, vocabulary: CaptionVocabulary, data: CaptionedPictures, dimension: Int,
    seed: UInt64, workers: Int, by deadline: ContinuousClock.Instant? = nil
  ) throws -> (pictures: EmbeddingModel.Member, text: TextTower)? {
    let haste = Haste(deadline: deadline)
    let thinning = (data.count + mostPictures - 1) / mostPictures
    let data = thinning > 1 ? data.rows(Array(stride(from: 0, to: data.count, by: thinning))) : data
    guard let correlation = try CaptionCorrelation(trunk, vocabulary, data, workers, haste) else { return nil }
    return try correlation.solved(trunk, vocabulary, dimension, SeededRandom(seed: seed), haste)
  }

  /// Whether there is time for the rest of something.
  private struct Haste {
    var deadline: ContinuousClock.Instant?

    /// Whether what began at `start`, and of which `share` is done, is going to be too late.
    func isHopeless(since start: ContinuousClock.Instant, share: Double) -> Bool {
      guard let deadline else { return false }
      let now = ContinuousClock.now
      return now + (now - start) * (1 / max(share, 1e-9) - 1) > deadline
    }
  }

  private init?(
    _ trunk: EmbeddingModel.Member, _ vocabulary: CaptionVocabulary, _ data: CaptionedPictures, _ workers: Int,
    _ haste: Haste
  ) throws {
    let model = try EmbeddingModel(members: [trunk])
    let start = ContinuousClock.now
    // For every thousand pictures their decomposition takes about as long as the features of all of them.
    let share = 1 / (1 + Double(data.count) / 1_000)
    var features: [Float] = []
    for part in data.parts {
      let done = share * Double(part.lowerBound) / Double(data.count)
      if part.lowerBound > 0, haste.isHopeless(since: start, share: done) { return nil }
      features += try model.embed(data.tensor(part), workers: workers).values
    }
    if haste.isHopeless(since: start, share: share) { return nil }
    components = try PictureComponents(features, features: model.dimension)
    let concepts = data.concepts
    let width = components.unit.columns
    var seen = Matrix(rows: concepts.count, columns: width)
    for (concept, members) in concepts.enumerated() {
      let scale = 1 / Double(members.count).squareRoot()
      for picture in members {
        for d in 0..<width {
          seen.values[concept * width + d] += scale * components.unit.values[picture * width + d]
        }
      }
    }
    self.seen = seen
    let bags = CaptionBags(data, concepts: concepts, vocabulary: vocabulary)
    said = BagRegression(bags: bags.bags, rows: vocabulary.count, isCentred: true, tolerance: 1e-5)
    conceptOfBag = bags.conceptOfBag
    var counts = [Double](repeating: 0, count: concepts.count)
    for concept in conceptOfBag { counts[concept] += 1 }
    countOfBag = conceptOfBag.map { 1 / counts[$0].squareRoot() }
  }

  private func solved(
    _ trunk: EmbeddingModel.Member, _ vocabulary: CaptionVocabulary, _ dimension: Int, _ start: SeededRandom,
    _ haste: Haste
  ) throws -> (pictures: EmbeddingModel.Member, text: TextTower)? {
    let begun = ContinuousClock.now
    var random = start
    let count = max(1, min(dimension + Self.spare, seen.rows - 1))
    var values = Matrix(
      rows: seen.rows, columns: count, values: (0..<seen.rows * count).map { _ in random.normal() })
    var table = Tensor(shape: [0])
    var products = seen.transposed.times(values)
    for round in 0..<Self.rounds {
      if haste.isHopeless(since: begun, share: round == 0 ? 1 : Double(round) / Double(Self.rounds)) { return nil }
      let image = seen.times(products.scalingRows(by: components.shares))
      table = said.solve(spread(image))
      values = gathered(said.sums(table))
      products = seen.transposed.times(values)
      // Of all that the values span: the largest of tᵀHₓt for tᵀHₜ⁻¹t = 1, where Hₜ⁻¹t is the image.
      let basis = try products.transposed.times(products.scalingRows(by: components.shares)).symmetric
        .generalizedEigen(image.transposed.times(values).symmetric.withRidge(1e-6)).vectors.transposed
      products = products.times(basis)
      table = Tensor.product(
        table, Tensor(shape: [count, count], values: basis.values.map { Float($0) }))
    }
    return (
      try pictures(trunk, products, dimension), try text(table, vocabulary, dimension)
    )
  }

  /// The tower whose last layer regresses pictures' features on the values.
  private func pictures(
    _ trunk: EmbeddingModel.Member, _ products: Matrix, _ dimension: Int
  ) throws -> EmbeddingModel.Member {
    let (weight, bias) = components.layer(products)
    let place = trunk.architecture.layers.count
    let layers = trunk.architecture.layers + [.linear(outputs: dimension), .l2Normalization]
    var weights = trunk.weights
    weights["\(place).weight"] = Tensor(
      shape: [dimension, weight.columns], values: Self.padded(weight.values, to: dimension * weight.columns))
    weights["\(place).bias"] = Tensor(shape: [dimension], values: Self.padded(bias, to: dimension))
    return .init(architecture: try Architecture(input: trunk.architecture.input, layers: layers), weights: weights)
  }

  /// The tower whose table regresses bags on the values.
  private func text(_ table: Tensor, _ vocabulary: CaptionVocabulary, _ dimension: Int) throws -> TextTower {
    let (rows, width) = (table.shape[0], table.shape[1])
    let mean = said.mean(table)
    let kept = min(width, dimension)
    var own = Tensor(shape: [rows, dimension])
    var bias = Tensor(shape: [dimension])
    var identity = Tensor(shape: [dimension, dimension])
    own.withUnsafeMutableBufferPointer { target in
      table.withUnsafeBufferPointer { source in
        for row in 0..<rows {
          for d in 0..<kept { target[row * dimension + d] = source[row * width + d] }
        }
      }
    }
    bias.withUnsafeMutableBufferPointer { for d in 0..<kept { $0[d] = -mean[d] } }
    identity.withUnsafeMutableBufferPointer { for d in 0..<dimension { $0[d * dimension + d] = 1 } }
    let head = try Architecture(input: [dimension], layers: [.linear(outputs: dimension), .l2Normalization])
    return try TextTower(
      vocabulary: vocabulary, table: own,
      network: EmbeddingModel(architecture: head, weights: ["0.weight": identity, "0.bias": bias]))
  }

  /// The first `count` numbers; zeros where there are fewer.
  private static func padded(_ values: [Double], to count: Int) -> [Float] {
    let kept = values.prefix(count).map { Float($0) }
    return kept + [Float](repeating: 0, count: count - kept.count)
  }

  /// A concept's values for each of its bags.
  private func spread(_ values: Matrix) -> Tensor {
    let width = values.columns
    var result = Tensor(shape: [conceptOfBag.count, width])
    result.withUnsafeMutableBufferPointer { target in
      for (bag, concept) in conceptOfBag.enumerated() {
        for d in 0..<width {
          target[bag * width + d] = Float(countOfBag[bag] * values.values[concept * width + d])
        }
      }
    }
    return result
  }

  /// What all bags of a concept give it: the transpose of ``spread(_:)``.
  private func gathered(_ values: Tensor) -> Matrix {
    let width = values.shape[1]
    var result = Matrix(rows: seen.rows, columns: width)
    values.withUnsafeBufferPointer { source in
      for (bag, concept) in conceptOfBag.enumerated() {
        for d in 0..<width {
          result.values[concept * width + d] += countOfBag[bag] * Double(source[bag * width + d])
        }
      }
    }
    return result
  }
}

extension Matrix {
  /// The mean of it and its transpose.
  fileprivate var symmetric: Matrix {
    let other = transposed
    return Matrix(rows: rows, columns: columns, values: zip(values, other.values).map { ($0 + $1) / 2 })
  }

  /// With a share of the diagonal's mean added to the diagonal, so that it is positive definite in spite of rounding.
  fileprivate func withRidge(_ share: Double) -> Matrix {
    var result = self
    let trace = (0..<rows).reduce(0) { $0 + values[$1 * columns + $1] }
    for d in 0..<rows { result.values[d * columns + d] += share * trace / Double(rows) + .leastNormalMagnitude }
    return result
  }
}
