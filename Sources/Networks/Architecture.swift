/// What a network computes: the shape of one example and the layers it passes through.
///
///     let architecture = try Architecture(
///       input: [1, 56, 46],
///       layers: [
///         .convolution(outputs: 32, kernel: 3, padding: 1, bias: false), .batchNormalization, .relu,
///         .maxPooling(size: 2), .globalAveragePooling, .linear(outputs: 64), .l2Normalization,
///       ])
///
/// An architecture that exists is possible: every layer fits the one before it, and no size is absurd.
public struct Architecture: Sendable, Hashable {
  /// The shape of one example: `[channels, height, width]` or `[features]`.
  public let input: [Int]
  /// The layers, first to last.
  public let layers: [LayerSpecification]

  /// `shapes[i]` enters layer i; the last one leaves the network.
  let shapes: [FeatureShape]
  /// The trained parameters of all layers.
  public let parameterCount: Int

  /// Checks every layer against the shape that reaches it.
  ///
  /// - Throws: ``NetworkError`` naming the first layer that cannot work, and why.
  public init(input: [Int], layers: [LayerSpecification]) throws {
    var shapes = [try Self.inputShape(input)]
    var parameters = 0
    guard layers.count <= Limit.layers else {
      throw NetworkError("\(layers.count) layers are too many: at most \(Limit.layers) are supported")
    }
    for (index, layer) in layers.enumerated() {
      do {
        let shape = shapes[index]
        let next = try layer.output(for: shape)
        parameters += try layer.parameterCount(for: shape)
        guard parameters <= Limit.parameters else {
          throw NetworkError("the network has more than \(Limit.parameters) parameters: make it smaller")
        }
        shapes.append(next)
      } catch let error as NetworkError {
        throw NetworkError("layer \(index) (\(layer.name)): \(error.description)")
      }
    }
    self.input = input
    self.layers = layers
    self.shapes = shapes
    parameterCount = parameters
  }

  /// The shape of one example's result: `[dimension]`, or `[channels, height, width]`.
  public var outputShape: [Int] { shapes[shapes.count - 1].dimensions }

  private static func inputShape(_ input: [Int]) throws -> FeatureShape {
    guard input.count == 1 || input.count == 3, input.allSatisfy({ Limit.size.contains($0) }) else {
      throw NetworkError(
        "an input shape is [features] or [channels, height, width] of 1 to \(Limit.size.upperBound), not \(input)")
    }
    let shape =
      input.count == 1
      ? FeatureShape.features(input[0])
      : FeatureShape(channels: input[0], height: input[1], width: input[2], isSpatial: true)
    return try Limit.checked(shape)
  }

  /// Sizes above these are mistakes or attacks: they are refused before anything is allocated.
  enum Limit {
    static let layers = 1_000
    static let parameters = 1 << 28
    static let size = 1...65_536
    static let activations = 1 << 26
    static let rowOfPatches = 1 << 24
    static let window = 1...128

    static func checked(_ shape: FeatureShape) throws -> FeatureShape {
      guard shape.count <= activations else {
        throw NetworkError(
          "an example of shape \(shape.dimensions) has more than \(activations) values: make it smaller")
      }
      return shape
    }
  }
}

extension Architecture: Codable {
  private enum Key: String, CodingKey { case input, layers }

  /// Writes the input shape and the layers.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(input, forKey: .input)
    try container.encode(layers, forKey: .layers)
  }

  /// Reads and checks an architecture.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    try self.init(
      input: try container.decode([Int].self, forKey: .input),
      layers: try container.decode([LayerSpecification].self, forKey: .layers))
  }

  /// Two architectures are equal when their inputs and layers are.
  public static func == (left: Architecture, right: Architecture) -> Bool {
    left.input == right.input && left.layers == right.layers
  }

  /// Hashes the input and the layers.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(input)
    hasher.combine(layers)
  }
}
