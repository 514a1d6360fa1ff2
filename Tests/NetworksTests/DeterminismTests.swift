import Foundation
import Networks
import Testing

@Suite("The same seed gives the same bits")
struct DeterminismTests {
  private static let architecture: [LayerSpecification] = [
    .convolution(outputs: 8, kernel: 5, stride: 2, padding: 2, bias: false), .batchNormalization, .relu,
    .convolution(outputs: 16, kernel: 3, padding: 1), .batchNormalization, .leakyReLU(slope: 0.1),
    .maxPooling(size: 2), .dropout(rate: 0.3), .convolution(outputs: 12, kernel: 3, padding: 1, bias: false),
    .batchNormalization, .relu, .maxPooling(size: 3, stride: 2), .flatten, .linear(outputs: 24), .relu,
    .dropout(rate: 0.5), .linear(outputs: 10), .l2Normalization,
  ]

  /// A few steps of training towards random embeddings; all state at the end.
  private func train(workers: Int, images: Int, steps: Int = 5) throws -> [String: Tensor] {
    let architecture = try Architecture(input: [2, 27, 23], layers: Self.architecture)
    let network = try Network(architecture: architecture, seed: 11, workers: workers)
    var optimizer = AdamW(largestGradientNorm: 1)
    var average = WeightAverage(decay: 0.9)
    let schedule = OneCycle(peak: 0.01)
    var random = SeededRandom(seed: 12)
    for step in 0..<steps {
      let batch = random.tensor([images, 2, 27, 23])
      let target = random.tensor([images, 10])
      let result = network.forward(batch, training: true)
      let gradient = zip(result.values, target.values).map { $0 - $1 }
      network.zeroGradients()
      network.backward(Tensor(shape: [images, 10], values: gradient))
      optimizer.step(network, rate: schedule.rate(at: step, of: steps))
      average.update(from: network)
    }
    var state = network.weights
    state.merge(average.weights.map { ("average/" + $0.key, $0.value) }) { $1 }
    state.merge(optimizer.state.map { ("optimizer/" + $0.key, $0.value) }) { $1 }
    return state
  }

  @Test("whatever the number of workers", arguments: [5, 16, 41])
  func workers(images: Int) throws {
    let alone = try train(workers: 1, images: images)
    for workers in [2, 3, 7] {
      let together = try train(workers: workers, images: images)
      #expect(alone.keys == together.keys)
      for (name, tensor) in alone { #expect(together[name] == tensor, "\(name) with \(workers) workers") }
    }
  }

  @Test("and another seed gives others")
  func seeds() throws {
    let architecture = try Architecture(input: [2, 27, 23], layers: Self.architecture)
    let first = try Network(architecture: architecture, seed: 1)
    let second = try Network(architecture: architecture, seed: 2)
    #expect(first.weights["0.weight"] != second.weights["0.weight"])
    #expect(first.weights == (try Network(architecture: architecture, seed: 1).weights))
  }

  @Test("an interrupted training goes on as if it had not been")
  func resumption() throws {
    let architecture = try Architecture(input: [2, 27, 23], layers: Self.architecture)
    var random = SeededRandom(seed: 1)
    let batches = (0..<4).map { _ in random.tensor([6, 2, 27, 23]) }
    let gradients = (0..<4).map { _ in random.tensor([6, 10]) }
    func run(_ network: Network, _ optimizer: inout AdamW, _ average: inout WeightAverage, _ steps: Range<Int>) {
      for step in steps {
        _ = network.forward(batches[step], training: true)
        network.zeroGradients()
        network.backward(gradients[step])
        optimizer.step(network, rate: 0.01)
        average.update(from: network)
      }
    }
    let whole = try Network(architecture: architecture, seed: 5)
    var (optimizer, average) = (AdamW(), WeightAverage(decay: 0.5))
    run(whole, &optimizer, &average, 0..<4)

    let first = try Network(architecture: architecture, seed: 5)
    var (firstOptimizer, firstAverage) = (AdamW(), WeightAverage(decay: 0.5))
    run(first, &firstOptimizer, &firstAverage, 0..<2)
    let second = try Network(architecture: architecture, seed: 5)
    var (secondOptimizer, secondAverage) = (AdamW(), WeightAverage(decay: 0.5))
    try second.load(first.weights)
    second.trainingPasses = first.trainingPasses
    try secondOptimizer.restore(firstOptimizer.state, for: second)
    try secondAverage.restore(firstAverage.weights, for: second)
    run(second, &secondOptimizer, &secondAverage, 2..<4)
    #expect(second.weights == whole.weights)
    #expect(secondOptimizer.state == optimizer.state)
    #expect(secondAverage.weights == average.weights)
  }

  @Test("an embedding does not depend on the batch it came in, nor on the workers, nor on who else embeds")
  func embeddings() async throws {
    let architecture = try Architecture(input: [2, 27, 23], layers: Self.architecture)
    let network = try Network(architecture: architecture, seed: 5)
    let model = try EmbeddingModel(architecture: architecture, weights: network.weights, mirrorMean: true)
    var random = SeededRandom(seed: 6)
    let batch = random.tensor([9, 2, 27, 23])
    let together = try model.embed(batch, workers: 1)
    #expect(try model.embed(batch, workers: 3) == together)
    let size = 2 * 27 * 23
    for image in 0..<9 {
      let alone = Tensor(shape: [1, 2, 27, 23], values: Array(batch.values[image * size..<(image + 1) * size]))
      let expected = Tensor(shape: [1, 10], values: Array(together.values[image * 10..<(image + 1) * 10]))
      #expect(try model.embed(alone) == expected)
    }
    let all = try await withThrowingTaskGroup(of: Tensor.self) { group in
      for _ in 0..<8 { group.addTask { try model.embed(batch, workers: 2) } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(all.allSatisfy { $0 == together })
  }

  @Test("inference of the network is what a model of its weights computes")
  func oneCodePath() throws {
    let architecture = try Architecture(input: [2, 27, 23], layers: Self.architecture)
    let network = try Network(architecture: architecture, seed: 5)
    var random = SeededRandom(seed: 7)
    let batch = random.tensor([5, 2, 27, 23])
    _ = network.forward(batch, training: true)
    let model = try EmbeddingModel(architecture: architecture, weights: network.weights)
    #expect(try model.embed(batch) == network.forward(batch, training: false))
  }
}
