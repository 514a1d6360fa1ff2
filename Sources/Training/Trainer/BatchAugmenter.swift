import Networks

/// Puts each row of a batch through the augmentation, on all cores.
///
/// The chance of a row depends on the seed, the step and its place in the batch alone, never on which thread drew it.
struct BatchAugmenter {
  private let augmentation: Augmentation
  private let inputs: LabelledInputs
  private let random: SeededRandom
  private let workers: Workers

  init(augmentation: Augmentation, inputs: LabelledInputs, random: SeededRandom, workers: Int) {
    self.augmentation = augmentation
    self.inputs = inputs
    self.random = random
    self.workers = Workers(workers)
  }

  /// The augmented and normalized rows as one batch, shape `[rows.count] + inputs.preprocessing.shape`.
  func batch(_ rows: [Int], step: Int) -> Tensor {
    let (stride, width) = (inputs.stride, inputs.preprocessing.count)
    let shape = inputs.preprocessing.unnormalized.shape
    var batch = Tensor(shape: [rows.count] + inputs.preprocessing.shape)
    let forStep = random.split(UInt64(step))
    batch.withUnsafeMutableBufferPointer { output in
      workers.forEach(rows.count) { place, _ in
        var random = forStep.split(UInt64(place))
        withUnsafeTemporaryAllocation(of: Float.self, capacity: stride) { planes in
          planes.initialize(repeating: 0)
          inputs.values.withUnsafeBufferPointer { source in
            augmentation.apply(
              to: UnsafeBufferPointer(rebasing: source[rows[place] * stride..<(rows[place] + 1) * stride]),
              shape: shape, into: planes, random: &random)
          }
          inputs.preprocessing.normalize(
            UnsafeBufferPointer(planes),
            into: UnsafeMutableBufferPointer(rebasing: output[place * width..<(place + 1) * width]))
        }
      }
    }
    return batch
  }
}
