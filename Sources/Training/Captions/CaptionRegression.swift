import Networks

/// A second opinion of what sentences mean, in closed form: ridge regression from bags of words and pieces to where
/// trained pictures lie, added to a trained text tower.
///
/// Contrastive training fits the captions it sees nearly perfectly and says little of how a word unseen with others
/// should move a sentence; a regression with a penalty spreads what a picture shows over all words and pieces of its
/// captions. The two err differently, and both are linear in the bag, so that their sum is one table of rows.
package struct CaptionRegression {
  /// What the regression counts beside the tower, both scaled to the same mean length.
  private static let share: Float = 1.5

  private let regression: BagRegression

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
    let said = CaptionBags(data, concepts: concepts, vocabulary: text.vocabulary)
    let places = try places(of: concepts, pictures, data, workers)
    var targets = Tensor(shape: [said.bags.count, dimension])
    targets.withUnsafeMutableBufferPointer { target in
      for (row, concept) in said.conceptOfBag.enumerated() {
        for d in 0..<dimension { target[row * dimension + d] = places[concept * dimension + d] }
      }
    }
    let opinion = CaptionRegression(
      regression: BagRegression(bags: said.bags, rows: text.vocabulary.count))
    let solution = opinion.regression.solve(targets)
    var table = Tensor.product(text.table, weights, transposeRight: true)
    let bias = hasBias ? head.weights["0.bias"]?.values : nil
    let lengths = (
      tower: opinion.meanLength(table, bias: bias), regression: opinion.meanLength(solution, bias: nil)
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
    let embeddings = try data.values { try model.embed($0, workers: workers) }
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

  /// The mean length of what the bags give.
  private func meanLength(_ table: Tensor, bias: [Float]?) -> Float {
    let dimension = table.shape[1]
    var total: Float = 0
    regression.sums(table).withUnsafeBufferPointer { sums in
      for start in stride(from: 0, to: sums.count, by: dimension) {
        var square: Float = 0
        for d in 0..<dimension {
          let value = sums[start + d] + (bias?[d] ?? 0)
          square += value * value
        }
        total += square.squareRoot()
      }
    }
    return total / Float(max(1, regression.bags.count))
  }
}
