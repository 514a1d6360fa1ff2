import Foundation
import Networks
import Testing

@Suite("Optimisers and schedules")
struct OptimizerTests {
  private func network() throws -> Network {
    try Network(architecture: Architecture(input: [2], layers: [.linear(outputs: 2)]), seed: 1, workers: 1)
  }

  @Test("AdamW takes the steps of its paper")
  func steps() throws {
    let network = try network()
    var optimizer = AdamW(betas: (0.8, 0.95), epsilon: 1e-6, weightDecay: 0.1)
    var weights = network.parameters.map { $0.value.values.map(Double.init) }
    var first = weights.map { $0.map { _ in 0.0 } }
    var second = first
    var random = SeededRandom(seed: 2)
    for step in 1...20 {
      let batch = random.tensor([3, 2])
      _ = network.forward(batch, training: true)
      network.zeroGradients()
      network.backward(random.tensor([3, 2]))
      optimizer.step(network, rate: 0.05)
      for (index, parameter) in network.parameters.enumerated() {
        for (i, gradient) in parameter.gradient.values.map(Double.init).enumerated() {
          first[index][i] = 0.8 * first[index][i] + 0.2 * gradient
          second[index][i] = 0.95 * second[index][i] + 0.05 * gradient * gradient
          let mean = first[index][i] / (1 - pow(0.8, Double(step)))
          let root = (second[index][i] / (1 - pow(0.95, Double(step)))).squareRoot()
          let decay = parameter.isDecayed ? 0.1 * weights[index][i] : 0
          weights[index][i] -= 0.05 * (mean / (root + 1e-6) + decay)
        }
        #expect(zip(parameter.value.values, weights[index]).allSatisfy { abs(Double($0) - $1) < 1e-5 })
      }
    }
    #expect(optimizer.steps == 20)
  }

  @Test("clipping scales all gradients to the norm asked for, and returns the one they had")
  func clipping() throws {
    // Without a second moment's memory a step is rate x gradient / (|gradient| + epsilon): with a large epsilon, it
    // shows the gradient.
    func move(_ largest: Double?) throws -> (norm: Double, moves: [Float]) {
      let network = try network()
      let before = network.parameters.flatMap { $0.value.values }
      _ = network.forward(Tensor(shape: [1, 2], values: [3, 4]), training: true)
      network.backward(Tensor(shape: [1, 2], values: [1, 0]))
      var optimizer = AdamW(betas: (0, 0), epsilon: 1e6, weightDecay: 0, largestGradientNorm: largest)
      let norm = optimizer.step(network, rate: 1e6)
      return (norm, zip(network.parameters.flatMap { $0.value.values }, before).map { $0 - $1 })
    }
    let free = try move(nil)
    let clipped = try move(0.5)
    #expect(abs(free.norm - 26.0.squareRoot()) < 1e-5)
    #expect(free.norm == clipped.norm)
    let expected = free.moves.map { $0 * Float(0.5 / free.norm) }
    #expect(zip(clipped.moves, expected).allSatisfy { abs($0 - $1) < 1e-4 })
    #expect(free.moves.contains { abs($0) > 2.9 })
  }

  @Test("a gradient that is not finite moves nothing")
  func notFinite() throws {
    let network = try network()
    let before = network.weights
    _ = network.forward(Tensor(shape: [1, 2], values: [1, 1]), training: true)
    network.backward(Tensor(shape: [1, 2], values: [.nan, 1]))
    var optimizer = AdamW()
    #expect(!optimizer.step(network, rate: 0.1).isFinite)
    #expect(network.weights == before)
    #expect(optimizer.steps == 0)
  }

  @Test("an optimiser's copy goes its own way")
  func copies() throws {
    let network = try network()
    _ = network.forward(Tensor(shape: [1, 2], values: [1, 1]), training: true)
    network.backward(Tensor(shape: [1, 2], values: [1, 1]))
    var optimizer = AdamW()
    optimizer.step(network, rate: 0.1)
    let copy = optimizer
    let state = copy.state
    optimizer.step(network, rate: 0.1)
    #expect(copy.state == state)
    #expect(optimizer.state != state)
  }

  @Test("one cycle rises to its peak and falls to its end, as PyTorch's OneCycleLR")
  func oneCycle() {
    let cycle = OneCycle(peak: 0.1, rise: 0.25, startDivisor: 10, endDivisor: 100)
    // torch.optim.lr_scheduler.OneCycleLR(max_lr=.1, total_steps=20, pct_start=.25, div_factor=10, final_div_factor=100)
    let expected: [Int: Double] = [
      0: 0.01, 2: 0.055, 4: 0.1, 8: 0.083_473, 12: 0.044_829, 16: 0.009_64, 19: 0.0001,
    ]
    for (step, rate) in expected { #expect(abs(cycle.rate(at: step, of: 20) - rate) < 1e-5, "step \(step)") }
    let rates = (0..<20).map { cycle.rate(at: $0, of: 20) }
    #expect(zip(rates[0..<4], rates[1..<5]).allSatisfy { $0 < $1 })
    #expect(zip(rates[4..<19], rates[5..<20]).allSatisfy { $0 > $1 })
    #expect(cycle.rate(at: 500, of: 20) == cycle.rate(at: 19, of: 20))
    #expect(cycle.rate(at: 0, of: 1) == 0.1)
    #expect((0..<3).allSatisfy { OneCycle(peak: 1, rise: 0).rate(at: $0, of: 3) <= 1 })
    #expect((0..<3).allSatisfy { OneCycle(peak: 1, rise: 1).rate(at: $0, of: 3) > 0 })
  }

  @Test("the average starts at the first weights and follows with its decay, running statistics included")
  func average() throws {
    let architecture = try Architecture(
      input: [2, 4, 4],
      layers: [.convolution(outputs: 3, kernel: 3, bias: false), .batchNormalization, .globalAveragePooling])
    let network = try Network(architecture: architecture, seed: 1)
    var average = WeightAverage(decay: 0.75)
    #expect(average.weights.isEmpty)
    average.update(from: network)
    let first = network.weights
    #expect(average.weights == first)
    var random = SeededRandom(seed: 3)
    try network.load(
      first.mapValues { tensor in
        Tensor(shape: tensor.shape, values: tensor.values.map { _ in Float(random.uniform(0.5, 2)) })
      })
    average.update(from: network)
    for (name, tensor) in network.weights {
      let before = try #require(first[name]).values
      let after = try #require(average.weights[name])
      #expect(after.shape == tensor.shape)
      let expected = zip(before, tensor.values).map { 0.75 * $0 + 0.25 * $1 }
      #expect(zip(after.values, expected).allSatisfy { abs($0 - $1) < 1e-6 }, "\(name)")
    }
  }

  @Test("dropout keeps the expectation, drops at its rate, and is absent from inference")
  func dropout() throws {
    let architecture = try Architecture(input: [1000], layers: [.dropout(rate: 0.25)])
    let network = try Network(architecture: architecture, seed: 9)
    let ones = Tensor(shape: [20, 1000], values: Array(repeating: 1, count: 20_000))
    let first = network.forward(ones, training: true)
    #expect(first.values.allSatisfy { $0 == 0 || abs($0 - 4 / 3) < 1e-6 })
    let dropped = Double(first.values.count { $0 == 0 }) / 20_000
    #expect(abs(dropped - 0.25) < 0.015)
    let masks = Set((0..<20).map { Array(first.values[$0 * 1000..<($0 + 1) * 1000]) })
    #expect(masks.count == 20)
    #expect(network.backwardToInput(ones) == first)
    #expect(network.forward(ones, training: true) != first)
    #expect(network.forward(ones, training: false) == ones)
  }

  @Test("a small network learns to tell two patterns apart")
  func learning() throws {
    let architecture = try Architecture(
      input: [1, 8, 8],
      layers: [
        .convolution(outputs: 8, kernel: 3, padding: 1, bias: false), .batchNormalization, .relu,
        .maxPooling(size: 2), .convolution(outputs: 8, kernel: 3, padding: 1, bias: false), .batchNormalization, .relu,
        .globalAveragePooling, .linear(outputs: 1),
      ])
    let network = try Network(architecture: architecture, seed: 1)
    var optimizer = AdamW()
    var random = SeededRandom(seed: 2)
    func batch() -> (Tensor, [Float]) {
      var labels: [Float] = []
      var pictures = random.tensor([32, 1, 8, 8], scale: 0.5)
      pictures.withUnsafeMutableBufferPointer { pixels in
        for image in 0..<32 {
          let isStriped = random.chance(0.5)
          labels.append(isStriped ? 1 : -1)
          for place in 0..<64 {
            let stripe = isStriped ? place / 8 % 2 : place % 2
            pixels[image * 64 + place] += Float(stripe)
          }
        }
      }
      return (pictures, labels)
    }
    for _ in 0..<60 {
      let (pictures, labels) = batch()
      let result = network.forward(pictures, training: true).values
      network.zeroGradients()
      network.backward(Tensor(shape: [32, 1], values: zip(result, labels).map { 2 * ($0 - $1) / 32 }))
      optimizer.step(network, rate: 0.01)
    }
    let (pictures, labels) = batch()
    let result = network.forward(pictures, training: false).values
    #expect(zip(result, labels).count { $0 * $1 > 0 } >= 31)
  }
}
