import Networks

extension LinearProjection {
  /// The projection as the weights of a network that flattens and then is linear.
  func weights(of architecture: Architecture) -> [String: Tensor] {
    var weights: [String: Tensor] = [:]
    for (name, shape) in architecture.weightShapes {
      weights[name] = Tensor(shape: shape, values: shape.count == 2 ? matrix : bias)
    }
    return weights
  }
}
