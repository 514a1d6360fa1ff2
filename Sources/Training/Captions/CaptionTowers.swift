import Images
import Networks

/// The layers of the two towers.
enum CaptionTowers {
  /// A wide, cheap stride first, then a convolution and a halving until the map is about 4 × 4, and one linear step onto
  /// the unit sphere.
  static func pictures(_ configuration: CaptionConfiguration, input: [Int]) throws -> Architecture {
    var layers: [LayerSpecification] = [
      .convolution(outputs: 32, kernel: 5, stride: 2, padding: 2, bias: false), .batchNormalization, .relu,
    ]
    var side = (min(input[1], input[2]) + 1) / 2
    for outputs in [48, 96, 128, 192] where side >= 8 {
      layers += [
        .convolution(outputs: outputs, kernel: 3, padding: 1, bias: false), .batchNormalization, .relu,
        .maxPooling(size: 2),
      ]
      side /= 2
    }
    layers += [.convolution(outputs: 192, kernel: 3, padding: 1, bias: false), .batchNormalization, .relu]
    layers.append(.flatten)
    if configuration.dropout > 0 { layers.append(.dropout(rate: configuration.dropout)) }
    layers += [.linear(outputs: configuration.dimension, bias: false), .l2Normalization]
    return try Architecture(input: input, layers: layers)
  }

  /// One linear step after the bag: a hidden layer fits the captions of training better and others worse.
  static func texts(_ configuration: CaptionConfiguration) throws -> Architecture {
    try Architecture(
      input: [configuration.width], layers: [.linear(outputs: configuration.dimension), .l2Normalization])
  }
}
