import Networks

/// What a training leaves.
public struct TrainedSeries: Sendable {
  /// The model.
  public let model: SeriesModel
  /// What it says of itself.
  public let card: SeriesCard
  /// How the training went.
  public let epochs: [SeriesEpoch]
  let streams: [SeriesStream]
  let subjectsAside: Set<String>
  /// What was left out of the data, in sentences.
  public let notes: [String]
  /// Files that were left out because they cannot be read.
  public internal(set) var skipped: [LabelledInputs.Skipped] = []
  /// Where its checkpoints are; to be removed once the model is written.
  public let checkpoints: CheckpointFolder?
  /// How long all of it took, in seconds.
  public let seconds: Double
  /// Moments trained on in a second.
  public let framesPerSecond: Double
}

/// One look at the validation data.
public struct SeriesEpoch: TrainedEpoch, Hashable {
  /// Counted from 1.
  public var epoch: Int
  /// Steps done.
  public var step: Int
  /// The mean loss of the epoch's steps.
  public var loss: Double
  /// The learning rate at its end; models of before do not say it.
  public var rate: Double?
  /// The averaged weights' loss on data never trained on; nil where none were set aside.
  public var validationLoss: Double?
  /// Since the beginning.
  public var seconds: Double

  enum CodingKeys: String, CodingKey {
    case epoch, step, loss, rate, seconds
    case validationLoss = "validation_loss"
  }

  /// The rest by name.
  public var metrics: [String: Double] {
    var metrics: [String: Double] = [:]
    metrics["rate"] = rate
    metrics["validation_loss"] = validationLoss
    return metrics
  }
}

/// What a model of series is seen to do, for people to look at.
public struct SeriesLook: Sendable {
  /// The label of each moment, or the subject where nothing is labelled.
  public let names: [String]
  /// Whether they are labels.
  public let areLabels: Bool
  /// Where each moment is; nil where there are too few.
  public let map: EmbeddingPlane?
  /// How much of the labels can be read off the embeddings of the subjects that were set aside; nil where there are no
  /// labels, or no subjects were set aside.
  public let report: SeriesEvaluation.Report?
}

extension TrainedSeries {
  /// Looks at the streams that were set aside, or at all where only ends were.
  public func look(moments most: Int = 1_500, draws: Int = 3) throws -> SeriesLook {
    let aside = streams.filter { subjectsAside.contains($0.subject) }
    let known = streams.filter { !subjectsAside.contains($0.subject) }
    let shown = aside.isEmpty ? streams : aside
    let areLabels = shown.contains { $0.labels.contains { $0 != nil } }
    var (vectors, names): ([Float], [String]) = ([], [])
    for stream in shown {
      // A stream shorter than a window has no moments, which was said before.
      let moments = (try? model.embed(stream)) ?? []
      let step = max(1, moments.count * shown.count / most)
      for moment in Swift.stride(from: 0, to: moments.count, by: step).map({ moments[$0] }) {
        guard let name = areLabels ? stream.label(at: moment.time) : stream.subject else { continue }
        names.append(name)
        vectors += moment.vector
      }
    }
    var evaluation = SeriesEvaluation()
    evaluation.draws = draws
    // Labels are for looking, never for learning; where they are too few to say anything, nothing is said.
    let report = areLabels && !aside.isEmpty ? try? evaluation.evaluate(model, on: aside, labelled: known) : nil
    return SeriesLook(
      names: names, areLabels: areLabels, map: EmbeddingPlane(vectors, dimension: model.dimension), report: report)
  }
}

extension SeriesStream {
  /// The label of the last row that is not after a time.
  fileprivate func label(at time: Double) -> String? {
    guard !labels.isEmpty else { return nil }
    var (low, high) = (0, times.count)
    while low < high {
      let middle = (low + high) / 2
      if times[middle] <= time + 1e-6 { low = middle + 1 } else { high = middle }
    }
    return low > 0 ? labels[low - 1] : nil
  }
}
