import Images
import Networks

/// Trains a ``FramingNetwork`` without labels: training pictures are framed alike, so a picture whose framing was changed on
/// purpose says itself what the network has to tell.
///
/// A Huber loss of the three values in the network's units, AdamW at a one-cycle rate, the average of the weights. The same
/// inputs, settings and seed give the same bits on any number of workers.
public struct FramingTrainer: Sendable {
  /// How it is trained.
  public var settings: FramingSettings
  /// Everything chance decides.
  public var seed: UInt64
  /// Threads; nil for one a core. Has no influence on the result.
  public var workers: Int?

  /// A trainer.
  public init(settings: FramingSettings = .init(), seed: UInt64, workers: Int? = nil) {
    self.settings = settings
    self.seed = seed
    self.workers = workers
  }

  /// The network for inputs of a shape: it sees half of the pixels along either side, so that whether a picture was enlarged
  /// is nothing that it could go by.
  public static func architecture(input: [Int]) throws -> Architecture {
    var layers: [LayerSpecification] = [.averagePooling(size: 2, stride: 2)]
    for (place, outputs) in [24, 32, 48, 64].enumerated() {
      layers += [.convolution(outputs: outputs, kernel: 3, padding: 1, bias: false), .batchNormalization, .relu]
      if place < 3 { layers.append(.maxPooling(size: 2)) }
    }
    return try Architecture(input: input, layers: layers + [.flatten, .linear(outputs: 3)])
  }

  /// Trains on inputs that are framed alike.
  ///
  /// - Throws: `NetworkError` where inputs are too small for the network, or a gradient is no number.
  public func train(_ inputs: LabelledInputs) throws -> FramingNetwork {
    let architecture = try Self.architecture(input: inputs.preprocessing.shape)
    let random = SeededRandom(seed: seed)
    let network = try Network(
      architecture: architecture, seed: random.number(0), workers: workers ?? Workers.cores)
    var trained = AveragedNetwork(
      network, optimizer: AdamW(betas: (0.9, 0.99), weightDecay: 1e-3), averageDecay: 0.98)
    let schedule = OneCycle(peak: settings.peakRate, rise: 0.3, startDivisor: 25, endDivisor: 1e4)
    for step in 0..<settings.steps {
      let (batch, answers) = draw(inputs, random.split(1).split(UInt64(step)))
      let told = network.forward(batch, training: true)
      network.zeroGradients()
      network.backward(Self.gradient(told, answers))
      let norm = trained.step(step + 1, rate: schedule.rate(at: step, of: settings.steps))
      guard norm.isFinite else {
        throw NetworkError("the network of framing's gradient is no number at step \(step + 1)")
      }
    }
    return try FramingNetwork(.init(architecture: architecture, weights: trained.weights))
  }

  /// A batch of pictures framed otherwise, normalized, and what is to be told of each.
  private func draw(_ inputs: LabelledInputs, _ random: SeededRandom) -> (batch: Tensor, answers: [Float]) {
    let (stride, width) = (inputs.stride, inputs.preprocessing.count)
    let sides = inputs.preprocessing.unnormalized.shape
    let shape = PlaneShape(channels: sides[0], height: sides[1], width: sides[2])
    var rows = random.split(0)
    let chosen = (0..<settings.batch).map { _ in
      (picture: rows.integer(below: inputs.count), behind: rows.integer(below: inputs.count))
    }
    var chances = (0..<settings.batch).map { random.split(UInt64($0 + 1)) }
    let draws = chances.indices.map { FramingDraw(settings, random: &chances[$0]) }
    let later = chances
    var batch = Tensor(shape: [settings.batch] + inputs.preprocessing.shape)
    batch.withUnsafeMutableBufferPointer { output in
      Workers(workers ?? Workers.cores).forEach(settings.batch) { place, _ in
        var chance = later[place]
        withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * stride) { planes in
          planes.initialize(repeating: 0)
          let (moved, lit) = (
            UnsafeMutableBufferPointer(rebasing: planes[..<stride]),
            UnsafeMutableBufferPointer(rebasing: planes[stride...])
          )
          inputs.values.withUnsafeBufferPointer { source in
            guard let from = source.baseAddress, let to = moved.baseAddress else { return }
            draws[place].apply(
              to: from + chosen[place].picture * stride, behind: from + chosen[place].behind * stride, shape, into: to)
          }
          settings.light.apply(to: UnsafeBufferPointer(moved), shape: sides, into: lit, random: &chance)
          inputs.preprocessing.normalize(
            UnsafeBufferPointer(lit),
            into: UnsafeMutableBufferPointer(rebasing: output[place * width..<(place + 1) * width]))
        }
      }
    }
    return (batch, draws.flatMap(\.answer))
  }

  /// Of the mean Huber loss: as the difference, up to a length of ``huber``.
  private static func gradient(_ told: Tensor, _ answers: [Float]) -> Tensor {
    let values = zip(told.values, answers).map { told, answer in
      min(max((told - answer) / huber, -1), 1) / Float(answers.count)
    }
    return Tensor(shape: told.shape, values: values)
  }

  private static let huber: Float = 0.3
}
