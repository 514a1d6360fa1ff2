import Foundation
import Networks
import Testing

@Suite("Architectures")
struct ArchitectureTests {
  @Test("shapes and parameters are counted layer by layer")
  func shapes() throws {
    let architecture = try Architecture(
      input: [1, 56, 46],
      layers: [
        .convolution(outputs: 32, kernel: 3, padding: 1, bias: false), .batchNormalization, .relu,
        .maxPooling(size: 2), .convolution(outputs: 48, kernel: 3, stride: 2), .flatten, .linear(outputs: 64),
        .l2Normalization,
      ])
    // 56 x 46 -> 28 x 23 -> 13 x 11
    #expect(architecture.outputShape == [64])
    #expect(architecture.parameterCount == 288 + 64 + 48 * 289 + 64 * (48 * 13 * 11) + 64)
    let network = try Network(architecture: architecture, seed: 1)
    #expect(network.parameters.map(\.count).reduce(0, +) == architecture.parameterCount)
    #expect(network.weights.mapValues(\.shape) == architecture.weightShapes)
  }

  @Test("their JSON reads well and reads back")
  func json() throws {
    let layers: [LayerSpecification] = [
      .convolution(outputs: 4, kernel: 3, stride: 1, padding: 1, bias: false), .batchNormalization, .relu,
      .leakyReLU(slope: 0.25), .maxPooling(size: 2, stride: 1), .averagePooling(size: 2, stride: 2),
      .dropout(rate: 0.5), .flatten, .linear(outputs: 6, bias: true), .sharedLinear(outputs: 2, groups: 3, bias: false),
      .l2Normalization,
    ]
    for layers in [layers, [.globalAveragePooling]] {
      let architecture = try Architecture(input: [1, 9, 9], layers: layers)
      let json = try JSONEncoder().encode(architecture)
      #expect(try JSONDecoder().decode(Architecture.self, from: json) == architecture)
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let text = String(decoding: try encoder.encode(layers[0]), as: UTF8.self)
    #expect(text == #"{"bias":false,"kernel":3,"layer":"convolution","outputs":4,"padding":1,"stride":1}"#)
  }

  @Test(
    "what cannot work is refused with a sentence that names the layer",
    arguments: [
      ([1, 8, 8], [.linear(outputs: 3)], "layer 0 (linear): it needs a flat input"),
      ([8], [.convolution(outputs: 3, kernel: 3)], "layer 0 (convolution): it needs an input of [channels"),
      ([1, 2, 8], [.relu, .convolution(outputs: 3, kernel: 3)], "layer 1 (convolution): a kernel of 3 does not fit"),
      ([1, 8, 8], [.convolution(outputs: 0, kernel: 3)], "outputs"),
      ([1, 8, 8], [.convolution(outputs: 3, kernel: 0)], "window"),
      ([1, 8, 8], [.convolution(outputs: 3, kernel: 3, stride: 0)], "stride"),
      ([1, 8, 8], [.convolution(outputs: 3, kernel: 3, padding: 3)], "padding"),
      ([1, 8, 8], [.convolution(outputs: 3, kernel: 3, padding: -1)], "padding"),
      ([1, 8, 8], [.convolution(outputs: .max, kernel: .max, stride: .max, padding: .max)], "outputs"),
      ([1, 8, 8], [.convolution(outputs: .min, kernel: .min, stride: .min, padding: .min)], "outputs"),
      ([1, 1, 8], [.maxPooling(size: 2)], "window of 2 does not fit"),
      ([1, 8, 8], [.averagePooling(size: -1, stride: 1)], "window"),
      ([8], [.dropout(rate: 1)], "rate"),
      ([8], [.dropout(rate: .nan)], "rate"),
      ([8], [.leakyReLU(slope: .infinity)], "slope"),
      ([1, 8, 8], [.l2Normalization], "flat"),
      ([1, 8], [], "input shape"), ([], [], "input shape"), ([0], [], "input shape"), ([-4, 3, 3], [], "input shape"),
      ([.max, .max, .max], [], "input shape"), ([65_536, 65_536, 65_536], [], "make it smaller"),
      ([1, 8000, 8000], [.convolution(outputs: 65_536, kernel: 1)], "make it smaller"),
      ([60_000], [.linear(outputs: 60_000)], "parameters"),
      ([8], [.sharedLinear(outputs: 3, groups: 3)], "8 values cannot be cut into 3 equal groups"),
      ([8], [.sharedLinear(outputs: 3, groups: 0)], "groups"),
      ([8], [.sharedLinear(outputs: 3, groups: .min)], "groups"),
      ([60_000], [.sharedLinear(outputs: 60_000, groups: 60_000)], "make it smaller"),
      ([1, 4, 2], [.sharedLinear(outputs: 3, groups: 2)], "flat"),
      ([16], Array(repeating: .relu, count: 2000), "too many"),
    ] as [([Int], [LayerSpecification], String)])
  func refusals(input: [Int], layers: [LayerSpecification], reason: String) throws {
    let error = #expect(throws: NetworkError.self) { try Architecture(input: input, layers: layers) }
    #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
  }

  @Test("weights that do not fit are refused by name, and nothing is changed")
  func weights() throws {
    let architecture = try Architecture(
      input: [1, 5, 5], layers: [.convolution(outputs: 2, kernel: 3), .batchNormalization, .flatten])
    let network = try Network(architecture: architecture, seed: 1)
    let sound = network.weights
    func refused(_ name: String, _ change: (inout [String: Tensor]) -> Void) {
      var weights = sound
      change(&weights)
      let error = #expect(throws: NetworkError.self) { try network.load(weights) }
      #expect(error?.description.contains(name) == true, "\(error?.description ?? "")")
      #expect(network.weights == sound)
    }
    refused("0.bias") { $0["0.bias"] = nil }
    refused("9.weight") { $0["9.weight"] = Tensor(shape: [1]) }
    refused("0.weight") { $0["0.weight"] = Tensor(shape: [2, 1, 9]) }
    refused("1.bias") { $0["1.bias"] = Tensor(shape: [2], values: [0, .nan]) }
    refused("1.running_var") { $0["1.running_var"] = Tensor(shape: [2], values: [1, -1]) }
  }
}
