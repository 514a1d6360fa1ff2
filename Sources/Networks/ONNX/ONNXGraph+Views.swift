extension ONNXGraph {
  /// Adds a whole model, committee and views included: `[n] + model.input` to `[n, model.dimension]`.
  ///
  /// Looking at a picture from elsewhere is linear in its rows and in its columns: two matrix products. All views go through a
  /// network as one batch.
  package mutating func model(_ model: EmbeddingModel, _ input: Value) -> Value {
    guard model.views != [.straight] || model.members.count > 1 else { return network(model.members[0], input) }
    var seen = input
    if model.views != [.straight] {
      let views = model.views.map { view -> Value in
        let (rows, columns) = view.matrices(height: model.input[1], width: model.input[2])
        // rows · X · columnsᵀ
        return node("MatMul", node("MatMul", constant(rows), input), constant(columns.transposed))
      }
      seen = node("Concat", views, attributes: [("axis", .int(0))])
    }
    let scale = 1 / Float(model.members.count).squareRoot()
    let parts = model.members.map { member -> Value in
      let dimension = member.architecture.outputShape[0]
      var part = network(member, seen)
      if model.views.count > 1 {
        part = node("Reshape", part, constant([model.views.count, -1, dimension]))
        part = node("ReduceSum", part, constant([0]), attributes: [("keepdims", .int(0))])
      }
      part = unit(part)
      return model.members.count > 1 ? node("Mul", part, constant(scale)) : part
    }
    return parts.count > 1 ? node("Concat", parts, attributes: [("axis", .int(1))]) : parts[0]
  }
}

extension View {
  /// The view as matrices `[height, height]` and `[width, width]`: `rows · X · columnsᵀ`.
  func matrices(height: Int, width: Int) -> (rows: Tensor, columns: Tensor) {
    (
      Self.matrix(taps(length: height, move: y, isMirrored: false)),
      Self.matrix(taps(length: width, move: x, isMirrored: isMirrored))
    )
  }

  private static func matrix(_ taps: [(near: Int, far: Int, share: Float)]) -> Tensor {
    var values = [Float](repeating: 0, count: taps.count * taps.count)
    for (row, tap) in taps.enumerated() {
      values[row * taps.count + tap.near] += 1 - tap.share
      values[row * taps.count + tap.far] += tap.share
    }
    return Tensor(shape: [taps.count, taps.count], values: values)
  }
}

extension Tensor {
  /// A matrix with rows and columns exchanged.
  fileprivate var transposed: Tensor {
    let (rows, columns, values) = (shape[0], shape[1], self.values)
    return Tensor(
      shape: [columns, rows], values: (0..<count).map { values[$0 % rows * columns + $0 / rows] })
  }
}
