extension LayerSpecification: Codable {
  private enum Key: String, CodingKey {
    case layer, outputs, kernel, stride, padding, bias, slope, size, rate, groups
  }

  /// Writes the layer's name and settings side by side.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(name, forKey: .layer)
    switch self {
    case .convolution(let outputs, let kernel, let stride, let padding, let bias):
      try container.encode(outputs, forKey: .outputs)
      try container.encode(kernel, forKey: .kernel)
      try container.encode(stride, forKey: .stride)
      try container.encode(padding, forKey: .padding)
      try container.encode(bias, forKey: .bias)
    case .leakyReLU(let slope):
      try container.encode(slope, forKey: .slope)
    case .maxPooling(let size, let stride), .averagePooling(let size, let stride):
      try container.encode(size, forKey: .size)
      try container.encode(stride, forKey: .stride)
    case .linear(let outputs, let bias):
      try container.encode(outputs, forKey: .outputs)
      try container.encode(bias, forKey: .bias)
    case .sharedLinear(let outputs, let groups, let bias):
      try container.encode(outputs, forKey: .outputs)
      try container.encode(groups, forKey: .groups)
      try container.encode(bias, forKey: .bias)
    case .dropout(let rate):
      try container.encode(rate, forKey: .rate)
    case .batchNormalization, .relu, .globalAveragePooling, .flatten, .l2Normalization:
      break
    }
  }

  /// Reads what ``encode(to:)`` writes.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    func whole(_ key: Key) throws -> Int { try container.decode(Int.self, forKey: key) }
    func flag(_ key: Key) throws -> Bool { try container.decode(Bool.self, forKey: key) }
    func real(_ key: Key) throws -> Double { try container.decode(Double.self, forKey: key) }
    let name = try container.decode(String.self, forKey: .layer)
    switch name {
    case "convolution":
      self = .convolution(
        outputs: try whole(.outputs), kernel: try whole(.kernel), stride: try whole(.stride),
        padding: try whole(.padding), bias: try flag(.bias))
    case "batchNormalization": self = .batchNormalization
    case "relu": self = .relu
    case "leakyReLU": self = .leakyReLU(slope: try real(.slope))
    case "maxPooling": self = .maxPooling(size: try whole(.size), stride: try whole(.stride))
    case "averagePooling": self = .averagePooling(size: try whole(.size), stride: try whole(.stride))
    case "globalAveragePooling": self = .globalAveragePooling
    case "flatten": self = .flatten
    case "linear": self = .linear(outputs: try whole(.outputs), bias: try flag(.bias))
    case "sharedLinear":
      self = .sharedLinear(outputs: try whole(.outputs), groups: try whole(.groups), bias: try flag(.bias))
    case "dropout": self = .dropout(rate: try real(.rate))
    case "l2Normalization": self = .l2Normalization
    default:
      throw DecodingError.dataCorruptedError(
        forKey: .layer, in: container, debugDescription: "there is no layer called \"\(name)\"")
    }
  }
}
