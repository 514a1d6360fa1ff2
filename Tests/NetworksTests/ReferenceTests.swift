import Foundation
import Networks
import Testing

/// What PyTorch computed; see Fixtures/make_reference.py.
struct Reference {
  let file: SafeTensors
  let architecture: Architecture

  init() throws {
    let path = try #require(Bundle.module.path(forResource: "Fixtures/reference", ofType: "safetensors"))
    file = try SafeTensors(contentsOf: path)
    let json = try #require(file.metadata["architecture"])
    architecture = try JSONDecoder().decode(Architecture.self, from: Data(json.utf8))
  }

  func tensor(_ name: String) throws -> Tensor { try #require(file.tensors[name], "\(name) is not in the fixture") }

  func tensors(_ prefix: String) -> [String: Tensor] {
    var result: [String: Tensor] = [:]
    for (name, tensor) in file.tensors where name.hasPrefix(prefix) {
      result[String(name.dropFirst(prefix.count))] = tensor
    }
    return result
  }

  func network() throws -> Network {
    let network = try Network(architecture: architecture, seed: 1, workers: 2)
    try network.load(tensors("before/"))
    return network
  }
}

/// The largest difference of two tensors of one shape; infinite where shapes differ or a value is NaN.
func difference(_ left: Tensor, _ right: Tensor) -> Double {
  guard left.shape == right.shape else { return .infinity }
  return zip(left.values, right.values).reduce(0) {
    let difference = abs(Double($1.0) - Double($1.1))
    return difference.isNaN ? .infinity : max($0, difference)
  }
}

@Suite("Agreement with PyTorch")
struct ReferenceTests {
  @Test("inference agrees to 1e-4")
  func inference() throws {
    let reference = try Reference()
    let network = try reference.network()
    let result = network.forward(try reference.tensor("batch"), training: false)
    #expect(difference(result, try reference.tensor("inference")) < 1e-4)
  }

  @Test("the training pass, its gradients, running statistics and one AdamW step agree to 1e-4")
  func trainingStep() throws {
    let reference = try Reference()
    let network = try reference.network()
    let result = network.forward(try reference.tensor("batch"), training: true)
    #expect(difference(result, try reference.tensor("result")) < 1e-4)

    let batchGradient = network.backwardToInput(try reference.tensor("result_gradient"))
    #expect(difference(batchGradient, try reference.tensor("batch_gradient")) < 1e-4)
    let gradients = reference.tensors("gradient/")
    #expect(Set(gradients.keys) == Set(network.parameters.map(\.name)))
    for parameter in network.parameters {
      let expected = try #require(gradients[parameter.name])
      #expect(difference(parameter.gradient, expected) < 1e-4, "gradient of \(parameter.name)")
    }

    var optimizer = AdamW(betas: (0.9, 0.99), epsilon: 1e-2, weightDecay: 0.1)
    optimizer.step(network, rate: 0.01)
    let after = reference.tensors("after/")
    let weights = network.weights
    #expect(Set(after.keys) == Set(weights.keys))
    for (name, expected) in after {
      #expect(difference(try #require(weights[name]), expected) < 1e-4, "\(name) after the step")
    }
    let inference = network.forward(try reference.tensor("batch"), training: false)
    #expect(difference(inference, try reference.tensor("inference_after")) < 1e-4)
  }
}
