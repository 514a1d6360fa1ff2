import Networks

/// A second opinion of what sentences mean, in closed form: ridge regression from bags of words and pieces to where
/// trained pictures lie, added to a trained text tower.
///
/// Contrastive training fits the captions it sees nearly perfectly and says little of how a word unseen with others
/// should move a sentence; a regression with a penalty spreads what a picture shows over all words and pieces of its
/// captions. The two err differently, and both are linear in the bag, so that their sum is one table of rows.
package struct CaptionRegression {
  /// The penalty as a share of the mean square of a bag's length.
  private static let penalty: Float = 0.3
  /// What the regression counts beside the tower, both scaled to the same mean length.
  private static let share: Float = 1.5
  private static let mostIterations = 100
  /// Where a column's residual is this share of what it was, it is solved.
  private static let tolerance = 1e-6

  private let bags: [[CaptionVocabulary.Entry]]
  private let rows: Int

  /// The same tower with the regression added; the tower itself where it is not linear in the bag.
  ///
  /// Every concept is regressed on by each of its captions, and by all of them put together.
  package static func joined(
    to text: TextTower, pictures: EmbeddingModel.Member, data: CaptionedPictures, workers: Int
  ) throws -> TextTower {
    let head = text.network.members[0]
    let dimension = text.dimension
    guard case .linear(dimension, let hasBias)? = head.architecture.layers.first,
      head.architecture.layers.dropFirst() == [.l2Normalization], let weights = head.weights["0.weight"]
    else { return text }
    let concepts = data.concepts
    var bags: [[CaptionVocabulary.Entry]] = []
    var conceptOfBag: [Int] = []
    for (concept, members) in concepts.enumerated() {
      let captions = data.captionsOfPicture[members[0]].map { data.captions[$0] }
      for caption in captions.count > 1 ? captions + [captions.joined(separator: " ")] : captions {
        bags.append(text.vocabulary.bag(caption))
        conceptOfBag.append(concept)
      }
    }
    let places = try places(of: concepts, pictures, data, workers)
    var targets = Tensor(shape: [bags.count, dimension])
    targets.withUnsafeMutableBufferPointer { target in
      for (row, concept) in conceptOfBag.enumerated() {
        for d in 0..<dimension { target[row * dimension + d] = places[concept * dimension + d] }
      }
    }
    let regression = CaptionRegression(bags: bags, rows: text.vocabulary.count)
    let solution = regression.solve(targets)
    var table = Tensor.product(text.table, weights, transposeRight: true)
    let bias = hasBias ? head.weights["0.bias"]?.values : nil
    let lengths = (
      tower: regression.meanLength(table, bias: bias), regression: regression.meanLength(solution, bias: nil)
    )
    guard lengths.regression > 0 else { return text }
    let scale = share * lengths.tower / lengths.regression
    table.withUnsafeMutableBufferPointer { target in
      solution.withUnsafeBufferPointer { for i in target.indices { target[i] += scale * $0[i] } }
    }
    var identity = Tensor(shape: [dimension, dimension])
    identity.withUnsafeMutableBufferPointer { for d in 0..<dimension { $0[d * dimension + d] = 1 } }
    var headWeights = head.weights
    headWeights["0.weight"] = identity
    return try TextTower(
      vocabulary: text.vocabulary, table: table,
      network: EmbeddingModel(
        architecture: Architecture(input: [dimension], layers: head.architecture.layers), weights: headWeights))
  }

  /// The direction of each concept's pictures, less the mean of all, `[concepts × dimension]`.
  private static func places(
    of concepts: [[Int]], _ pictures: EmbeddingModel.Member, _ data: CaptionedPictures, _ workers: Int
  ) throws -> [Float] {
    let model = try EmbeddingModel(members: [pictures])
    let dimension = model.dimension
    var embeddings: [Float] = []
    for start in stride(from: 0, to: data.count, by: 128) {
      let range = start..<min(start + 128, data.count)
      embeddings += try model.embed(data.tensor(range), workers: workers).values
    }
    var places = [Float](repeating: 0, count: concepts.count * dimension)
    var mean = [Float](repeating: 0, count: dimension)
    for (concept, members) in concepts.enumerated() {
      let own = concept * dimension..<(concept + 1) * dimension
      for picture in members {
        for d in 0..<dimension { places[own.lowerBound + d] += embeddings[picture * dimension + d] }
      }
      let length = max(places[own].reduce(0) { $0 + $1 * $1 }.squareRoot(), 1e-12)
      for d in 0..<dimension {
        places[own.lowerBound + d] /= length
        mean[d] += places[own.lowerBound + d] / Float(concepts.count)
      }
    }
    for i in places.indices { places[i] -= mean[i % dimension] }
    return places
  }

  /// The rows W, `[rows, dimension]`, with the least ‖ΦW − Y‖² + λ‖W‖², Φ being the bags: conjugate gradients on the
  /// normal equations, each column of Y by itself, from W = 0.
  private func solve(_ targets: Tensor) -> Tensor {
    let dimension = targets.shape[1]
    let squares = bags.reduce(Float(0)) { $0 + $1.reduce(0) { $0 + $1.weight * $1.weight } }
    let penalty = Self.penalty * squares / Float(max(1, bags.count))
    var solution = Tensor(shape: [rows, dimension])
    var residual = spread(targets)
    var direction = residual
    var power = columnProducts(residual, residual)
    let first = power
    for _ in 0..<Self.mostIterations {
      guard zip(power, first).contains(where: { $0 > Self.tolerance * $1 && $1 > 0 }) else { break }
      var image = spread(sums(direction))
      image.withUnsafeMutableBufferPointer { target in
        direction.withUnsafeBufferPointer { for i in target.indices { target[i] += penalty * $0[i] } }
      }
      let along = columnProducts(direction, image)
      let step = zip(power, along).map { $1 > 0 ? Float($0 / $1) : 0 }
      solution.withUnsafeMutableBufferPointer { target in
        direction.withUnsafeBufferPointer { for i in target.indices { target[i] += step[i % dimension] * $0[i] } }
      }
      residual.withUnsafeMutableBufferPointer { target in
        image.withUnsafeBufferPointer { for i in target.indices { target[i] -= step[i % dimension] * $0[i] } }
      }
      let next = columnProducts(residual, residual)
      let turn = zip(next, power).map { $1 > 0 ? Float($0 / $1) : 0 }
      direction.withUnsafeMutableBufferPointer { target in
        residual.withUnsafeBufferPointer {
          for i in target.indices { target[i] = $0[i] + turn[i % dimension] * target[i] }
        }
      }
      power = next
    }
    return solution
  }

  /// ΦX, `[bags, dimension]`.
  private func sums(_ table: Tensor) -> Tensor { EmbeddingBag.sums(bags, of: table) }

  /// ΦᵀX, `[rows, dimension]`.
  private func spread(_ values: Tensor) -> Tensor { EmbeddingBag.spread(values, over: bags, rows: rows) }

  /// By column, the sum of products.
  private func columnProducts(_ left: Tensor, _ right: Tensor) -> [Double] {
    let dimension = left.shape[1]
    var products = [Double](repeating: 0, count: dimension)
    left.withUnsafeBufferPointer { left in
      right.withUnsafeBufferPointer { right in
        for start in stride(from: 0, to: left.count, by: dimension) {
          for d in 0..<dimension { products[d] += Double(left[start + d]) * Double(right[start + d]) }
        }
      }
    }
    return products
  }

  /// The mean length of what the bags give.
  private func meanLength(_ table: Tensor, bias: [Float]?) -> Float {
    let dimension = table.shape[1]
    var total: Float = 0
    sums(table).withUnsafeBufferPointer { sums in
      for start in stride(from: 0, to: sums.count, by: dimension) {
        var square: Float = 0
        for d in 0..<dimension {
          let value = sums[start + d] + (bias?[d] ?? 0)
          square += value * value
        }
        total += square.squareRoot()
      }
    }
    return total / Float(max(1, bags.count))
  }
}
