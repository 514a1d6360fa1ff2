import Foundation
import Networks

/// How much of a label can be read off embeddings with few labelled examples: a linear probe on subjects that neither
/// the encoder nor the probe has seen, beside the same probe on what needs no training.
///
/// ```swift
/// let report = try SeriesEvaluation().evaluate(
///   model, on: SeriesFolder(path: "unseen").streams(), labelled: SeriesFolder(path: "watch").streams())
/// print(report.probe["1"]!.accuracy, report.baselines["handmade"]!["1"]!.accuracy)
/// ```
///
/// A frame is a moment of the model: the middle of a window, a hop from the next; its label is the row's. Of the labelled
/// streams' frames 1, 5, 10 and 100 % are drawn, and the probe, a multinomial logistic regression on features
/// scaled over what was drawn, predicts all frames of the other streams. How strongly it is held back is chosen for each
/// row of the table and each draw anew, on the drawn frames alone, by leaving out subjects.
public struct SeriesEvaluation: Sendable {
  /// Draws that are averaged over.
  public var draws = 5
  /// The seed of the draws.
  public var seed: UInt64 = 0
  /// Percentages of the labelled frames.
  public var percents = [1, 5, 10, 100]
  /// Threads; nil for one a core. Has no influence on the result.
  public var workers: Int?

  /// The protocol's settings.
  public init() {}

  /// A probe's figures: means over the draws.
  public struct Figures: Sendable, Codable, Hashable {
    /// The share of frames predicted rightly.
    public var accuracy: Double
    /// F1 by label, averaged over the labels.
    public var macroF1: Double
    /// The standard deviation of the accuracy over the draws.
    public var deviation: Double

    enum CodingKeys: String, CodingKey {
      case accuracy, deviation
      case macroF1 = "macro_f1"
    }
  }

  /// Figures by percentage of labels.
  public typealias Shares = [String: Figures]

  /// Labels drawn as whole streams instead of single frames: neighbours of a labelled frame are labelled too, and fewer
  /// people are.
  public struct Recordings: Sendable, Codable, Hashable {
    /// The embedding.
    public var probe: Shares
    /// What it is measured against.
    public var baselines: [String: Shares]
  }

  /// What an evaluation finds.
  public struct Report: Sendable, Codable, Hashable {
    /// The embedding.
    public var probe: Shares
    /// What it is measured against: `raw` the samples of the window, `handmade` mean, deviation, least, greatest, trend
    /// and powers of the same window, `untrained` the same embedding from the encoder before its training, `front_end` the
    /// embedding's part that nothing was learned for, `encoder` the learned part alone, `pca` the raw window's principal
    /// components.
    public var baselines: [String: Shares]
    /// The same with whole streams drawn.
    public var recordings: Recordings
    /// Frames of the labelled streams, and of those that are predicted.
    public var labelledFrames: Int
    /// Frames that are predicted.
    public var frames: Int
    /// The labels.
    public var labels: [String]
    /// The subjects that are predicted.
    public var subjects: Int
    /// What was left out, in sentences.
    public var notes: [String]

    enum CodingKeys: String, CodingKey {
      case probe, baselines, recordings, frames, labels, subjects, notes
      case labelledFrames = "labelled_frames"
    }
  }

  /// Measures a model.
  ///
  /// - Parameters:
  ///   - model: trained without the streams of `test`.
  ///   - test: streams of subjects to predict.
  ///   - labelled: streams whose labels are drawn from.
  ///   - onProgress: hears how many of how many probes are fitted; one call at a time.
  /// - Throws: ``EvaluationError`` where labels are missing, `SeriesError` where streams do not fit the model.
  public func evaluate(
    _ model: SeriesModel, on test: [SeriesStream], labelled: [SeriesStream],
    onProgress: @escaping @Sendable (Int, Int) -> Void = { _, _ in }
  ) throws -> Report {
    guard draws >= 1, percents.allSatisfy({ (1...100).contains($0) }), !percents.isEmpty else {
      throw EvaluationError("at least one draw of from 1 to 100 % of the labels is needed")
    }
    let known = try SeriesFrames(model, labelled, workers: workers)
    let unseen = try SeriesFrames(model, test, workers: workers)
    let names = Set(known.labels).sorted()
    guard names.count > 1 else {
      throw EvaluationError(
        "the labelled streams have \(names.count == 1 ? "one label only, \"\(names[0])\"" : "no labelled frame"): a probe "
          + "needs two kinds of label in a column called label")
    }
    guard !unseen.labels.isEmpty else {
      throw EvaluationError("the streams to be predicted have no labelled frame: they need a column called label")
    }
    var notes = known.notes + unseen.notes
    let both = Set(known.subjects).intersection(unseen.subjects).sorted()
    if !both.isEmpty {
      notes.append("subjects on both sides, so that figures are too good: \(both.joined(separator: ", "))")
    }
    notes += Self.notes(known: Set(known.labels), unseen: Set(unseen.labels))
    let tables = try SeriesTables(model, known: known, unseen: unseen, workers: workers)
    let rows = try fit(tables, known: known, unseen: unseen, names: names, onProgress: onProgress)
    return Report(
      probe: rows.frames["probe"] ?? [:], baselines: rows.frames.filter { $0.key != "probe" },
      recordings: Recordings(
        probe: rows.recordings["probe"] ?? [:], baselines: rows.recordings.filter { $0.key != "probe" }),
      labelledFrames: known.labels.count, frames: unseen.labels.count, labels: names,
      subjects: Set(unseen.subjects).count, notes: notes)
  }

  /// Says which labels one side alone has.
  private static func notes(known: Set<String>, unseen: Set<String>) -> [String] {
    func list(_ labels: Set<String>) -> String { labels.sorted().map { "\"\($0)\"" }.joined(separator: ", ") }
    let (asked, taught) = (unseen.subtracting(known), known.subtracting(unseen))
    var notes: [String] = []
    if !asked.isEmpty {
      notes.append("labels that the streams to predict alone have, so that no frame of them is right: \(list(asked))")
    }
    if !taught.isEmpty { notes.append("labels that the labelled streams alone have: \(list(taught))") }
    return notes
  }

  /// One probe to be fitted.
  private struct Task: Sendable {
    var method: String
    var percent: Int
    var isRecordings: Bool
    var rows: [Int]
  }

  private func fit(
    _ tables: SeriesTables, known: SeriesFrames, unseen: SeriesFrames, names: [String],
    onProgress: @escaping @Sendable (Int, Int) -> Void
  ) throws -> (frames: [String: Shares], recordings: [String: Shares]) {
    let number = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
    let labels = known.labels.compactMap { number[$0] }
    let truth = unseen.labels.map { number[$0] ?? -1 }
    var tasks: [Task] = []
    for (method, _) in tables.known.sorted(by: { $0.key < $1.key }) {
      for percent in percents {
        for isRecordings in percent == 100 ? [false] : [false, true] {
          for draw in 0..<(percent == 100 ? 1 : draws) {
            let rows = chosen(percent, draw: draw, recordings: isRecordings ? known.streams : nil, of: labels)
            tasks.append(Task(method: method, percent: percent, isRecordings: isRecordings, rows: rows))
          }
        }
      }
    }
    let done = Counter(total: tasks.count, onProgress: onProgress)
    let all = Array(unseen.labels.indices)
    let scores = Workers(workers ?? Workers.cores).map(tasks) { task -> (accuracy: Double, f1: Double) in
      guard let table = tables.known[task.method], let other = tables.unseen[task.method] else { return (0, 0) }
      let people = Set(task.rows.map { known.people[$0] }).count
      let probe = LinearProbe(
        table, labels: labels, at: task.rows, groups: people > 2 ? known.people : known.streams, classes: names.count)
      let score = Self.score(probe.labels(of: other, at: all), truth, classes: names.count)
      done.advance()
      return score
    }
    var results: (frames: [String: Shares], recordings: [String: Shares]) = ([:], [:])
    for method in tables.known.keys {
      for percent in percents {
        for isRecordings in [false, true] {
          let own = zip(tasks, scores).filter {
            $0.0.method == method && $0.0.percent == percent && $0.0.isRecordings == isRecordings
          }.map(\.1)
          guard !own.isEmpty else { continue }
          let mean = own.reduce(0) { $0 + $1.accuracy } / Double(own.count)
          let variance = own.reduce(0) { $0 + ($1.accuracy - mean) * ($1.accuracy - mean) } / Double(own.count)
          let figures = Figures(
            accuracy: mean, macroF1: own.reduce(0) { $0 + $1.f1 } / Double(own.count),
            deviation: variance.squareRoot())
          if isRecordings {
            results.recordings[method, default: [:]]["\(percent)"] = figures
          } else {
            results.frames[method, default: [:]]["\(percent)"] = figures
          }
        }
      }
    }
    return results
  }

  /// The labelled rows of a draw: the same for every method.
  private func chosen(_ percent: Int, draw: Int, recordings: [Int]?, of labels: [Int]) -> [Int] {
    guard percent < 100 else { return Array(labels.indices) }
    let stream = UInt64(percent) << 32 | UInt64(draw) << 1 | (recordings == nil ? 0 : 1)
    var random = SeededRandom(seed: seed).split(stream)
    if let recordings {
      let ids = Array(Set(recordings)).sorted()
      let count = max(1, Int((Double(ids.count) * Double(percent) / 100).rounded()))
      let own = Set(random.shuffled(ids).prefix(count))
      return labels.indices.filter { own.contains(recordings[$0]) }
    }
    let count = max(2, Int((Double(labels.count) * Double(percent) / 100).rounded()))
    return random.shuffled(Array(labels.indices)).prefix(count).sorted()
  }

  /// Accuracy, and F1 averaged over the labels that were there or predicted.
  static func score(_ predicted: [Int], _ truth: [Int], classes: Int) -> (accuracy: Double, f1: Double) {
    var (right, guessed, there) = (
      [Int](repeating: 0, count: classes + 1), [Int](repeating: 0, count: classes + 1),
      [Int](repeating: 0, count: classes + 1)
    )
    // Labels that the probe has never seen count as one more.
    for (guess, label) in zip(predicted, truth) {
      let label = label < 0 ? classes : label
      guessed[guess] += 1
      there[label] += 1
      if guess == label { right[label] += 1 }
    }
    let present = (0...classes).filter { guessed[$0] + there[$0] > 0 }
    let f1 = present.reduce(0.0) { $0 + 2 * Double(right[$1]) / Double(guessed[$1] + there[$1]) }
    return (
      Double(right.reduce(0, +)) / Double(max(1, truth.count)), f1 / Double(max(1, present.count))
    )
  }
}
