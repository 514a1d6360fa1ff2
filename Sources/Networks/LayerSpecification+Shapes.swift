extension LayerSpecification {
  /// The shape of this layer's result for an example of shape `input`.
  ///
  /// - Throws: ``NetworkError`` where the layer cannot take such an input.
  func output(for input: FeatureShape) throws -> FeatureShape {
    switch self {
    case .convolution(let outputs, let kernel, let stride, let padding, _):
      try requireSpatial(input)
      try require(Architecture.Limit.size.contains(outputs), "it needs 1 to 65536 outputs, not \(outputs)")
      try requireWindow(kernel, stride)
      try require((0..<kernel).contains(padding), "a padding of \(padding) must be below the kernel's \(kernel)")
      let height = input.height + 2 * padding
      let width = input.width + 2 * padding
      try require(
        kernel <= height && kernel <= width,
        "a kernel of \(kernel) does not fit a padded input of \(height) x \(width)")
      let shape = FeatureShape(
        channels: outputs, height: (height - kernel) / stride + 1, width: (width - kernel) / stride + 1,
        isSpatial: true)
      // One row of patches is the least that a convolution works on at a time.
      try require(
        shape.width * kernel * kernel * input.channels <= Architecture.Limit.rowOfPatches,
        "a row of its patches has more than \(Architecture.Limit.rowOfPatches) values: make it smaller")
      return try Architecture.Limit.checked(shape)
    case .batchNormalization, .relu:
      return input
    case .leakyReLU(let slope):
      try require((0...1).contains(slope), "its slope must be in 0...1, not \(slope)")
      return input
    case .maxPooling(let size, let stride), .averagePooling(let size, let stride):
      try requireSpatial(input)
      try requireWindow(size, stride)
      try require(
        size <= input.height && size <= input.width,
        "a window of \(size) does not fit an input of \(input.height) x \(input.width)")
      var shape = input
      shape.height = (input.height - size) / stride + 1
      shape.width = (input.width - size) / stride + 1
      return shape
    case .globalAveragePooling:
      try requireSpatial(input)
      return .features(input.channels)
    case .flatten:
      return .features(input.count)
    case .linear(let outputs, _):
      try require(!input.isSpatial, "it needs a flat input, not \(input.dimensions): put flatten before it")
      try require(Architecture.Limit.size.contains(outputs), "it needs 1 to 65536 outputs, not \(outputs)")
      return .features(outputs)
    case .sharedLinear(let outputs, let groups, _):
      try require(!input.isSpatial, "it needs a flat input, not \(input.dimensions): put flatten before it")
      try require(Architecture.Limit.size.contains(outputs), "it needs 1 to 65536 outputs, not \(outputs)")
      try require(
        (1...input.count).contains(groups) && input.count % groups == 0,
        "\(input.count) values cannot be cut into \(groups) equal groups")
      return try Architecture.Limit.checked(.features(outputs * groups))
    case .dropout(let rate):
      try require(rate >= 0 && rate < 1, "its rate must be in 0..<1, not \(rate)")
      return input
    case .l2Normalization:
      try require(!input.isSpatial, "it needs a flat input, not \(input.dimensions): put flatten before it")
      return input
    }
  }

  /// The number of trained parameters for an example of shape `input`, already accepted by ``output(for:)``.
  func parameterCount(for input: FeatureShape) throws -> Int {
    switch self {
    case .convolution(let outputs, let kernel, _, _, let bias):
      let (count, overflow) = (kernel * kernel * input.channels).multipliedReportingOverflow(by: outputs)
      try require(!overflow && count <= Architecture.Limit.parameters, "it has too many parameters: make it smaller")
      return count + (bias ? outputs : 0)
    case .linear(let outputs, let bias):
      let (count, overflow) = input.count.multipliedReportingOverflow(by: outputs)
      try require(!overflow && count <= Architecture.Limit.parameters, "it has too many parameters: make it smaller")
      return count + (bias ? outputs : 0)
    case .sharedLinear(let outputs, let groups, let bias):
      let (count, overflow) = (input.count / groups).multipliedReportingOverflow(by: outputs)
      try require(!overflow && count <= Architecture.Limit.parameters, "it has too many parameters: make it smaller")
      return count + (bias ? outputs : 0)
    case .batchNormalization:
      return 2 * input.channels
    default:
      return 0
    }
  }

  private func require(_ condition: Bool, _ message: @autoclosure () -> String) throws {
    guard condition else { throw NetworkError(message()) }
  }

  private func requireSpatial(_ input: FeatureShape) throws {
    try require(input.isSpatial, "it needs an input of [channels, height, width], not \(input.dimensions)")
  }

  private func requireWindow(_ size: Int, _ stride: Int) throws {
    let limit = Architecture.Limit.window
    try require(limit.contains(size), "its window must be 1 to \(limit.upperBound) wide, not \(size)")
    try require(limit.contains(stride), "its stride must be 1 to \(limit.upperBound), not \(stride)")
  }
}
