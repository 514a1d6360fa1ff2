import Foundation
import Networks
import Testing

/// A network under test with the input it is tested on.
struct GradientCase: Sendable, CustomTestStringConvertible {
  var name: String
  var input: [Int]
  var layers: [LayerSpecification]
  var images = 3
  /// Places of each tensor at which the gradient is compared.
  var samples = 20

  var testDescription: String { name }

  static let alone: [GradientCase] = [
    .init(name: "convolution 3x3", input: [2, 6, 5], layers: [.convolution(outputs: 3, kernel: 3, padding: 1)]),
    .init(name: "convolution 3x3 without padding", input: [2, 5, 7], layers: [.convolution(outputs: 3, kernel: 3)]),
    .init(
      name: "convolution 5x5, stride 2", input: [1, 9, 8],
      layers: [.convolution(outputs: 4, kernel: 5, stride: 2, padding: 2, bias: false)]),
    .init(
      name: "convolution 3x3, stride 3 leaves rows out", input: [2, 8, 7],
      layers: [.convolution(outputs: 2, kernel: 3, stride: 3)]),
    .init(name: "convolution 1x1", input: [5, 4, 3], layers: [.convolution(outputs: 4, kernel: 1)]),
    .init(
      name: "convolution 2x2, even kernel", input: [2, 5, 5], layers: [.convolution(outputs: 3, kernel: 2, padding: 1)]),
    .init(
      name: "Winograd, even sizes", input: [8, 6, 8], layers: [.convolution(outputs: 9, kernel: 3, padding: 1)]),
    .init(
      name: "Winograd, odd sizes", input: [9, 7, 9], layers: [.convolution(outputs: 8, kernel: 3, padding: 1)]),
    .init(name: "Winograd without padding", input: [8, 8, 9], layers: [.convolution(outputs: 8, kernel: 3)]),
    .init(
      name: "Winograd, padding 2", input: [8, 6, 7], layers: [.convolution(outputs: 8, kernel: 3, padding: 2)],
      images: 2),
    .init(name: "batch normalisation of pictures", input: [3, 4, 5], layers: [.batchNormalization]),
    .init(name: "batch normalisation of vectors", input: [6], layers: [.batchNormalization], images: 5),
    .init(name: "ReLU", input: [2, 3, 3], layers: [.relu]),
    .init(name: "leaky ReLU", input: [7], layers: [.leakyReLU(slope: 0.2)]),
    .init(name: "max pooling 2, odd sizes", input: [3, 7, 5], layers: [.maxPooling(size: 2)]),
    .init(name: "max pooling 3, side by side", input: [2, 7, 8], layers: [.maxPooling(size: 3)]),
    .init(name: "max pooling 5, large", input: [2, 11, 10], layers: [.maxPooling(size: 5)]),
    .init(name: "max pooling 3, stride 2, overlapping", input: [2, 7, 6], layers: [.maxPooling(size: 3, stride: 2)]),
    .init(name: "max pooling 2, stride 3, with gaps", input: [2, 8, 6], layers: [.maxPooling(size: 2, stride: 3)]),
    .init(name: "average pooling", input: [2, 7, 6], layers: [.averagePooling(size: 3, stride: 2)]),
    .init(name: "global average pooling", input: [4, 3, 5], layers: [.globalAveragePooling]),
    .init(name: "flatten", input: [3, 2, 4], layers: [.flatten]),
    .init(name: "linear", input: [7], layers: [.linear(outputs: 5)], images: 4),
    .init(name: "linear without bias", input: [3], layers: [.linear(outputs: 40, bias: false)], images: 35),
    .init(
      name: "one linear map of three groups", input: [12], layers: [.sharedLinear(outputs: 5, groups: 3)], images: 4),
    .init(
      name: "one linear map of many groups, without bias", input: [60],
      layers: [.sharedLinear(outputs: 3, groups: 20, bias: false)], images: 35),
    .init(name: "L2 normalisation", input: [6], layers: [.l2Normalization]),
  ]

  static let stacked: [GradientCase] = [
    .init(
      name: "convolution with bias, ReLU, max pooling", input: [2, 7, 7],
      layers: [.convolution(outputs: 4, kernel: 3, padding: 1), .relu, .maxPooling(size: 2)]),
    .init(
      name: "convolution with bias, batch normalisation", input: [2, 5, 6],
      layers: [.convolution(outputs: 3, kernel: 3, padding: 1, bias: true), .batchNormalization]),
    .init(
      name: "convolution, batch normalisation, leaky ReLU, max pooling 3", input: [1, 10, 8],
      layers: [
        .convolution(outputs: 4, kernel: 3, padding: 1, bias: false), .batchNormalization, .leakyReLU(slope: 0.1),
        .maxPooling(size: 3),
      ]),
    .init(
      name: "Winograd, batch normalisation, ReLU, max pooling", input: [8, 9, 7],
      layers: [
        .convolution(outputs: 8, kernel: 3, padding: 1, bias: false), .batchNormalization, .relu, .maxPooling(size: 2),
      ]),
    .init(
      name: "Winograd, batch normalisation, max pooling 3", input: [8, 13, 12],
      layers: [.convolution(outputs: 8, kernel: 3, padding: 1), .batchNormalization, .maxPooling(size: 3)], images: 2),
    .init(
      name: "batch normalisation, max pooling", input: [3, 5, 6], layers: [.batchNormalization, .maxPooling(size: 2)]),
    .init(
      name: "two linear layers", input: [6],
      layers: [.linear(outputs: 8, bias: false), .batchNormalization, .relu, .linear(outputs: 4), .l2Normalization],
      images: 7),
    .init(
      name: "dilated convolutions of 27 moments, computed for the middle one", input: [27 * 4],
      layers: [
        .sharedLinear(outputs: 6, groups: 9), .relu, .sharedLinear(outputs: 5, groups: 3), .relu,
        .sharedLinear(outputs: 7, groups: 1), .relu, .linear(outputs: 4), .l2Normalization,
      ], images: 9),
    .init(
      name: "more images than slices", input: [1, 5, 4],
      layers: [.convolution(outputs: 3, kernel: 3), .batchNormalization, .relu, .flatten, .linear(outputs: 3)],
      images: 37),
    .init(
      name: "Winograd, several images a tile", input: [8, 6, 5],
      layers: [.convolution(outputs: 8, kernel: 3, padding: 1), .batchNormalization, .relu, .maxPooling(size: 2)],
      images: 35, samples: 8),
    .init(
      name: "Winograd, several tiles an image", input: [8, 75, 70],
      layers: [.convolution(outputs: 8, kernel: 3, padding: 1), .relu, .maxPooling(size: 3), .globalAveragePooling],
      images: 1, samples: 4),
    .init(
      name: "patches, several tiles an image", input: [1, 71, 60],
      layers: [
        .convolution(outputs: 4, kernel: 5, padding: 2), .batchNormalization, .leakyReLU(slope: 0.1),
        .maxPooling(size: 2), .averagePooling(size: 5, stride: 5), .flatten,
      ], images: 2, samples: 4),
    .init(
      name: "patches, several images a tile", input: [2, 4, 5],
      layers: [.convolution(outputs: 4, kernel: 3, stride: 2, padding: 1), .relu, .convolution(outputs: 3, kernel: 1)],
      images: 40, samples: 8),
    .init(
      name: "a whole embedder", input: [1, 13, 11],
      layers: [
        .convolution(outputs: 8, kernel: 3, padding: 1, bias: false), .batchNormalization, .relu, .maxPooling(size: 2),
        .convolution(outputs: 12, kernel: 3, padding: 1, bias: false), .batchNormalization, .relu,
        .maxPooling(size: 2), .globalAveragePooling, .linear(outputs: 5), .l2Normalization,
      ], images: 5),
  ]
}

@Suite("Gradients")
struct GradientTests {
  @Test("every layer's result and gradients are those of the formulas", arguments: GradientCase.alone)
  func layer(_ test: GradientCase) throws { try check(test) }

  @Test("layers computed together give the gradients of layers one by one", arguments: GradientCase.stacked)
  func stack(_ test: GradientCase) throws { try check(test) }

  /// Compares with central differences of the double-precision reference.
  private func check(_ test: GradientCase) throws {
    let architecture = try Architecture(input: test.input, layers: test.layers)
    let network = try Network(architecture: architecture, seed: 3, workers: 2)
    var random = SeededRandom(seed: 4)
    for parameter in network.parameters {
      parameter.value = random.tensor(parameter.shape, scale: 0.7)
    }
    let batch = random.tensor([test.images] + test.input)
    let reference = ReferenceNetwork(network, images: test.images)
    let input = batch.values.map(Double.init)

    let result = network.forward(batch, training: true)
    let expected = reference.forward(input)
    #expect(result.shape == [test.images] + architecture.outputShape)
    #expect(zip(result.values, expected).allSatisfy { abs(Double($0) - $1) < 1e-4 * (1 + abs($1)) })
    if !test.layers.contains(.batchNormalization) {
      let inference = network.forward(batch, training: false)
      #expect(zip(inference.values, expected).allSatisfy { abs(Double($0) - $1) < 1e-4 * (1 + abs($1)) })
      _ = network.forward(batch, training: true)
    }

    let direction = random.tensor(result.shape)
    let pull = direction.values.map(Double.init)
    network.zeroGradients()
    let batchGradient = network.backwardToInput(direction)

    func loss(_ reference: ReferenceNetwork, _ input: [Double]) -> Double {
      zip(reference.forward(input), pull).reduce(0) { $0 + $1.0 * $1.1 }
    }
    let step = 1e-6
    for place in random.places(2 * test.samples, of: input.count) {
      var (above, below) = (input, input)
      above[place] += step
      below[place] -= step
      let slope = (loss(reference, above) - loss(reference, below)) / (2 * step)
      #expect(abs(slope - Double(batchGradient.values[place])) < 2e-4 * (1 + abs(slope)), "input at \(place)")
    }
    for parameter in network.parameters {
      let gradient = parameter.gradient.values
      for place in random.places(test.samples, of: gradient.count) {
        var (above, below) = (reference, reference)
        above.weights[parameter.name]?[place] += step
        below.weights[parameter.name]?[place] -= step
        let slope = (loss(above, input) - loss(below, input)) / (2 * step)
        #expect(abs(slope - Double(gradient[place])) < 2e-4 * (1 + abs(slope)), "\(parameter.name) at \(place)")
      }
    }
  }

  @Test("gradients add up until they are set to zero")
  func accumulation() throws {
    let network = try Network(
      architecture: Architecture(
        input: [2, 5, 5], layers: [.convolution(outputs: 3, kernel: 3), .flatten, .linear(outputs: 2)]), seed: 1)
    var random = SeededRandom(seed: 2)
    let batch = random.tensor([4, 2, 5, 5])
    let direction = random.tensor([4, 2])
    _ = network.forward(batch, training: true)
    network.backward(direction)
    let once = network.parameters.map(\.gradient)
    network.backward(direction)
    for (parameter, gradient) in zip(network.parameters, once) {
      #expect(zip(parameter.gradient.values, gradient.values).allSatisfy { abs($0 - 2 * $1) <= 1e-5 * (1 + abs($1)) })
    }
    network.zeroGradients()
    #expect(network.parameters.allSatisfy { $0.gradient.values.allSatisfy { $0 == 0 } })
  }

  @Test("a zero vector normalises to zero with a finite gradient")
  func zeroNorm() throws {
    let network = try Network(architecture: Architecture(input: [4], layers: [.l2Normalization]), seed: 1)
    let result = network.forward(Tensor(shape: [2, 4]), training: true)
    #expect(result.values.allSatisfy { $0 == 0 })
    let gradient = network.backwardToInput(Tensor(shape: [2, 4], values: Array(repeating: 1, count: 8)))
    #expect(gradient.values.allSatisfy { $0.isFinite })
  }

  @Test("a constant channel and a batch of one value stay finite under batch normalisation")
  func constantChannel() throws {
    let network = try Network(architecture: Architecture(input: [3], layers: [.batchNormalization]), seed: 1)
    let result = network.forward(Tensor(shape: [1, 3], values: [5, -2, 1e6]), training: true)
    #expect(result.values.allSatisfy { $0 == 0 })
    let gradient = network.backwardToInput(Tensor(shape: [1, 3], values: [1, 1, 1]))
    #expect(gradient.values.allSatisfy { $0.isFinite })
    #expect(network.weights.values.allSatisfy { $0.values.allSatisfy { $0.isFinite } })
  }

  @Test("batch normalisation keeps its digits where the mean is far from zero")
  func distantMean() throws {
    let network = try Network(architecture: Architecture(input: [1, 8, 8], layers: [.batchNormalization]), seed: 1)
    var random = SeededRandom(seed: 3)
    var batch = random.tensor([16, 1, 8, 8])
    batch.withUnsafeMutableBufferPointer { for i in $0.indices { $0[i] += 1000 } }
    let expected = ReferenceNetwork(network, images: 16).forward(batch.values.map(Double.init))
    let result = network.forward(batch, training: true).values
    #expect(zip(result, expected).allSatisfy { abs(Double($0) - $1) < 1e-3 })
  }
}

extension SeededRandom {
  /// Normal values.
  mutating func tensor(_ shape: [Int], scale: Double = 1) -> Tensor {
    var tensor = Tensor(shape: shape)
    tensor.withUnsafeMutableBufferPointer { for i in $0.indices { $0[i] = Float(scale * normal()) } }
    return tensor
  }

  /// All places, or `most` of them by chance.
  mutating func places(_ most: Int, of count: Int) -> [Int] {
    count <= most ? Array(0..<count) : (0..<most).map { _ in integer(below: count) }
  }
}
