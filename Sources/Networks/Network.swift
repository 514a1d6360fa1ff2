/// A network that can be trained: an ``Architecture`` with its weights, their gradients and the memory of one pass.
///
/// One owner uses it at a time; the work inside a call is shared by its workers. The same seed, the same batches and
/// the same calls give the same bits whatever the number of workers. To embed from several threads, make an
/// ``EmbeddingModel`` from ``weights``.
///
///     let network = try Network(architecture: architecture, seed: 1)
///     var optimizer = AdamW()
///     let embeddings = network.forward(batch, training: true)
///     network.zeroGradients()
///     network.backward(gradientOfTheLoss)
///     optimizer.step(network, rate: 1e-3)
public final class Network {
  /// What the network computes.
  public let architecture: Architecture
  /// The threads that share the work.
  public let workers: Workers
  /// The trained tensors, in the layers' order.
  public let parameters: [Parameter]
  /// How many training passes have been made. Dropout masks depend on it, so a resumed training sets it.
  public var trainingPasses: UInt64 = 0

  let stages: [any Stage]
  let seed: UInt64
  /// All state: parameters' values and running statistics.
  let stored: [StoredTensor]
  private let scratch: [FloatBuffer]
  private var input: Tensor?
  private var arranged = FloatBuffer(count: 0)
  private var gradients = (FloatBuffer(count: 0), FloatBuffer(count: 0))
  private var pass: Pass?

  /// A network with weights drawn from `seed` after He et al. (2015): normal, variance 2 / fan-in before a rectifier
  /// and 1 / fan-in elsewhere; biases 0.
  ///
  /// - Throws: ``NetworkError`` where the architecture is too large for this machine's integers.
  public init(architecture: Architecture, seed: UInt64, workers: Int = Workers.cores) throws {
    MatrixProduct.prepare()
    self.architecture = architecture
    self.workers = Workers(workers)
    self.seed = seed
    let stages = architecture.stages.map(\.stage)
    self.stages = stages
    parameters = stages.flatMap(\.parameters)
    stored = stages.flatMap { $0.parameters.map(\.stored) + $0.statistics }
    let scratchCount = stages.map(\.scratchCount).max() ?? 0
    scratch = (0..<self.workers.count).map { _ in FloatBuffer(count: scratchCount) }
    initialize()
  }

  private func initialize() {
    let random = SeededRandom(seed: seed)
    let gains = architecture.gains
    for (index, parameter) in parameters.enumerated() where parameter.isDecayed {
      let layer = Int(parameter.name.prefix { $0 != "." }) ?? 0
      let fanIn = parameter.count / parameter.shape[0]
      let deviation = (gains[layer] / Double(fanIn)).squareRoot()
      var stream = random.split(UInt64(index))
      var values = Tensor(shape: parameter.shape)
      values.withUnsafeMutableBufferPointer { buffer in
        for i in buffer.indices { buffer[i] = Float(stream.normal() * deviation) }
      }
      parameter.stored.load(values)
    }
  }

  /// Computes the results `[n] + outputShape` of a batch `[n] + input`.
  ///
  /// With `training` batch normalisation uses the batch's statistics and moves the running ones, dropout drops, and
  /// ``backward(_:)`` may follow. Without, it computes what an ``EmbeddingModel`` with these weights computes.
  ///
  /// - Precondition: the batch's shape is `[n] + architecture.input`.
  public func forward(_ batch: Tensor, training: Bool) -> Tensor {
    precondition(
      Array(batch.shape.dropFirst()) == architecture.input && !batch.shape.isEmpty,
      "a batch of shape \(batch.shape) does not fit a network for \(architecture.input)")
    let images = batch.shape[0]
    guard training else {
      pass = nil
      let plan = InferencePlan(architecture, tensors: stored)
      return plan.run(batch, workers: workers)
    }
    let pass = Pass(
      images: images, workers: workers, scratch: scratch, key: SeededRandom.mix(seed, trainingPasses))
    trainingPasses &+= 1
    self.pass = pass
    input = batch
    var result = Tensor(shape: [images] + architecture.outputShape)
    guard images > 0 else { return result }
    let last = batch.withUnsafeBufferPointer { source -> UnsafePointer<Float>? in
      guard let start = source.baseAddress else { return nil }
      let last = stages.reduce(arrange(start, pass)) { $1.forward(pass, input: $0) }
      pass.finish()
      return last
    }
    let shape = architecture.shapes[architecture.shapes.count - 1]
    result.withUnsafeMutableBufferPointer { target in
      guard let last, let to = target.baseAddress else { return }
      for image in 0..<images {
        Layout.transpose(
          last + image * shape.count, rows: shape.height * shape.width, columns: shape.channels,
          to: to + image * shape.count)
      }
    }
    return result
  }

  /// The batch channels-last: where it is, if there is one channel.
  private func arrange(_ batch: UnsafePointer<Float>, _ pass: Pass) -> UnsafePointer<Float> {
    let shape = architecture.shapes[0]
    guard shape.channels > 1, shape.height * shape.width > 1 else { return batch }
    FloatBuffer.reserve(&arranged, count: pass.images * shape.count)
    let target = arranged.base
    pass.later { images, _, _ in
      for image in images {
        Layout.transpose(
          batch + image * shape.count, rows: shape.channels, columns: shape.height * shape.width,
          to: target + image * shape.count)
      }
    }
    return UnsafePointer(target)
  }

  /// Adds the gradient of the loss to every parameter's gradient, given its gradient with respect to the last result.
  ///
  /// - Precondition: the last call of ``forward(_:training:)`` was a training one, and the shapes agree.
  public func backward(_ outputGradient: Tensor) {
    _ = backward(outputGradient, toInput: false)
  }

  /// The same, also returning the gradient with respect to the batch.
  public func backwardToInput(_ outputGradient: Tensor) -> Tensor {
    backward(outputGradient, toInput: true) ?? Tensor(shape: input?.shape ?? [0])
  }

  private func backward(_ outputGradient: Tensor, toInput: Bool) -> Tensor? {
    guard let pass else { preconditionFailure("backward needs a forward pass with training: true before it") }
    precondition(
      outputGradient.shape == [pass.images] + architecture.outputShape,
      "a gradient of shape \(outputGradient.shape) does not fit a result \([pass.images] + architecture.outputShape)")
    guard pass.images > 0 else { return nil }
    let widest = architecture.shapes.map(\.count).max() ?? 0
    FloatBuffer.reserve(&gradients.0, count: pass.images * widest)
    FloatBuffer.reserve(&gradients.1, count: pass.images * widest)
    var (current, other) = (gradients.0.base, gradients.1.base)
    let last = architecture.shapes[architecture.shapes.count - 1]
    outputGradient.withUnsafeBufferPointer { source in
      guard let from = source.baseAddress else { return }
      for image in 0..<pass.images {
        Layout.transpose(
          from + image * last.count, rows: last.channels, columns: last.height * last.width,
          to: current + image * last.count)
      }
    }
    pass.isForward = false
    // Below the first stage with weights nobody asks for a gradient.
    let lowest = toInput ? 0 : (stages.firstIndex { !$0.parameters.isEmpty } ?? stages.count)
    for (index, stage) in stages.enumerated().reversed() where index >= lowest {
      let isNeeded = index > lowest || toInput
      stage.backward(pass, outputGradient: current, inputGradient: isNeeded ? other : nil)
      swap(&current, &other)
    }
    pass.finish()
    guard toInput else { return nil }
    let first = architecture.shapes[0]
    var result = Tensor(shape: [pass.images] + architecture.input)
    result.withUnsafeMutableBufferPointer { target in
      guard let to = target.baseAddress else { return }
      for image in 0..<pass.images {
        Layout.transpose(
          current + image * first.count, rows: first.height * first.width, columns: first.channels,
          to: to + image * first.count)
      }
    }
    return result
  }

  /// Sets every parameter's gradient to zero.
  public func zeroGradients() {
    for parameter in parameters {
      parameter.gradientBase.update(repeating: 0, count: parameter.count)
    }
  }
}

extension StagePlan {
  /// The trainable stage of this plan.
  var stage: any Stage {
    switch self {
    case .block(let plan): Block(plan)
    case .maxPooling(let size, let stride, let from, let to):
      MaxPoolingStage(size: size, stride: stride, from: from, to: to)
    case .averagePooling(let size, let stride, let from, let to):
      AveragePoolingStage(size: size, stride: stride, from: from, to: to)
    case .globalAveragePooling(let from): GlobalAveragePoolingStage(from: from)
    case .flatten(let from): FlattenStage(from: from)
    case .linear(let layer, let bias, let from, let to, let groups):
      LinearStage(layer: layer, inputs: from, outputs: to, bias: bias, groups: groups)
    case .dropout(let layer, let rate, let count): DropoutStage(layer: layer, rate: rate, count: count)
    case .l2Normalization(let count): L2NormalizationStage(count: count)
    }
  }
}

extension Architecture {
  /// Per layer, the gain that keeps the variance: 2 where a rectifier follows before the next weights, else 1.
  var gains: [Double] {
    var gains = [Double](repeating: 1, count: layers.count)
    var next = 1.0
    for (index, layer) in layers.enumerated().reversed() {
      switch layer {
      case .relu: next = 2
      case .leakyReLU(let slope): next = 2 / (1 + slope * slope)
      case .convolution, .linear, .sharedLinear:
        gains[index] = next
        next = 1
      default: break
      }
    }
    return gains
  }
}
