import Networks

extension TrainingRun {
  /// The run as it is between two epochs.
  ///
  /// - Parameter collapses: the fresh starts before this run.
  func checkpoint(collapses: [CollapseRecord]) -> TrainingCheckpoint {
    var tensors = ["best": bestWeights]
    // What is finished needs nothing to go on with.
    if !isFinished {
      tensors["network"] = network.weights
      tensors["optimizer"] = optimizer.state
      tensors["average"] = average?.weights
      tensors["head"] = head?.state
    }
    return TrainingCheckpoint(
      position: .init(
        step: step, epochs: epochs, bestEpoch: bestEpoch, isFinished: isFinished, seconds: seconds,
        collapses: collapses, configuration: configuration, trainingPasses: network.trainingPasses,
        sampler: sampler.state, minerRandom: minerRandom, detector: detector, choice: choice),
      tensors: tensors)
  }

  /// Goes on where a checkpoint of this very training was.
  ///
  /// - Throws: `NetworkError` where it does not fit.
  mutating func restore(_ checkpoint: TrainingCheckpoint) throws {
    let position = checkpoint.position
    (step, epochs, bestEpoch, isFinished) = (position.step, position.epochs, position.bestEpoch, position.isFinished)
    (minerRandom, detector, choice) = (position.minerRandom, position.detector, position.choice)
    bestWeights = checkpoint.tensors["best"] ?? [:]
    guard !isFinished else { return }
    try network.load(checkpoint.tensors["network"] ?? [:])
    network.trainingPasses = position.trainingPasses
    try optimizer.restore(checkpoint.tensors["optimizer"] ?? [:], for: network)
    let trained = network
    try average?.restore(checkpoint.tensors["average"] ?? [:], for: trained)
    try head?.restore(checkpoint.tensors["head"] ?? [:])
    guard sampler.restore(position.sampler) else {
      throw NetworkError("the order of pictures belongs to other data")
    }
  }
}
