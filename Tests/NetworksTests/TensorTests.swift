import Networks
import Synchronization
import Testing

@Suite("Tensors and workers")
struct TensorTests {
  @Test("a copy does not see what is written to the other")
  func copyOnWrite() {
    var first = Tensor(shape: [2, 2], values: [1, 2, 3, 4])
    let second = first
    first.withUnsafeMutableBufferPointer { $0[0] = 9 }
    #expect(first.values == [9, 2, 3, 4])
    #expect(second.values == [1, 2, 3, 4])
    #expect(first != second)
    #expect(second.reshaped(to: [4]).values == second.values)
  }

  @Test("tensors may be empty")
  func empty() {
    #expect(Tensor(shape: [0, 5]).values == [])
    #expect(Tensor(shape: []).values == [0])
  }

  @Test("every chunk is worked on once, by one worker at a time", arguments: [1, 2, 3, 8])
  func chunks(workers: Int) {
    let counts = (0..<100).map { _ in Counter() }
    let busy = (0..<workers).map { _ in Counter() }
    Workers(workers).forEach(100) { chunk, worker in
      let others = busy[worker].add(1)
      counts[chunk].add(others == 0 ? 1 : 100)
      busy[worker].add(-1)
    }
    #expect(counts.allSatisfy { $0.value == 1 })
    Workers(workers).forEach(0) { _, _ in Issue.record("there is no chunk") }
  }

  private final class Counter: Sendable {
    private let count = Atomic<Int>(0)
    var value: Int { count.load(ordering: .relaxed) }
    @discardableResult
    func add(_ amount: Int) -> Int { count.wrappingAdd(amount, ordering: .sequentiallyConsistent).oldValue }
  }

  @Test("slices cover all items once, in order")
  func slices() {
    for items in [0, 1, 5, 16, 17, 100] {
      let ranges = (0..<16).map { Workers.range(of: $0, in: 16, items: items) }
      #expect(ranges.flatMap(Array.init) == Array(0..<items))
    }
  }

  @Test("an empty batch has an empty result")
  func emptyBatch() throws {
    let architecture = try Architecture(
      input: [1, 4, 4], layers: [.convolution(outputs: 2, kernel: 3), .batchNormalization, .globalAveragePooling])
    let network = try Network(architecture: architecture, seed: 1)
    #expect(network.forward(Tensor(shape: [0, 1, 4, 4]), training: true).shape == [0, 2])
    network.backward(Tensor(shape: [0, 2]))
    #expect(network.forward(Tensor(shape: [0, 1, 4, 4]), training: false).shape == [0, 2])
    let model = try EmbeddingModel(architecture: architecture, weights: network.weights, mirrorMean: true)
    #expect(try model.embed(Tensor(shape: [0, 1, 4, 4])).shape == [0, 2])
  }
}
