extension Network {
  /// All state: every parameter and every running statistic, under PyTorch's names for the same `nn.Sequential`:
  /// `0.weight`, `0.bias`, `1.running_mean`, `1.running_var`.
  public var weights: [String: Tensor] {
    Dictionary(uniqueKeysWithValues: stored.map { ($0.name, $0.tensor) })
  }

  /// Replaces all state.
  ///
  /// - Throws: ``NetworkError`` naming a tensor that is missing, superfluous, of the wrong shape or not finite; nothing
  ///   is changed then.
  public func load(_ weights: [String: Tensor]) throws {
    try architecture.check(weights)
    for tensor in stored {
      if let value = weights[tensor.name] { tensor.load(value) }
    }
  }
}

extension Architecture {
  /// The names and shapes of all tensors of a network of this architecture.
  public var weightShapes: [String: [Int]] {
    var result: [String: [Int]] = [:]
    for (index, layer) in layers.enumerated() {
      let input = shapes[index]
      switch layer {
      case .convolution(let outputs, let kernel, _, _, let bias):
        result["\(index).weight"] = [outputs, input.channels, kernel, kernel]
        if bias { result["\(index).bias"] = [outputs] }
      case .linear(let outputs, let bias):
        result["\(index).weight"] = [outputs, input.count]
        if bias { result["\(index).bias"] = [outputs] }
      case .sharedLinear(let outputs, let groups, let bias):
        result["\(index).weight"] = [outputs, input.count / groups]
        if bias { result["\(index).bias"] = [outputs] }
      case .batchNormalization:
        for role in ["weight", "bias", "running_mean", "running_var"] { result["\(index).\(role)"] = [input.channels] }
      default: break
      }
    }
    return result
  }

  /// Throws unless `weights` are exactly what this architecture needs, finite, and possible.
  func check(_ weights: [String: Tensor]) throws {
    let expected = weightShapes
    for name in expected.keys.sorted() where weights[name] == nil {
      throw NetworkError("the weights lack \"\(name)\", which the architecture needs")
    }
    for (name, tensor) in weights.sorted(by: { $0.key < $1.key }) {
      guard let shape = expected[name] else {
        throw NetworkError("the weights have \"\(name)\", which the architecture does not know")
      }
      guard tensor.shape == shape else {
        throw NetworkError("\"\(name)\" has shape \(tensor.shape), but the architecture needs \(shape)")
      }
      let isVariance = name.hasSuffix(".running_var")
      let isSound = tensor.withUnsafeBufferPointer { $0.allSatisfy { $0.isFinite && (!isVariance || $0 >= 0) } }
      guard isSound else {
        throw NetworkError("\"\(name)\" has a value that is not \(isVariance ? "a variance" : "a finite number")")
      }
    }
  }
}
