import Crypto
import Digests
import Foundation
import Networks

/// Described moments of many pieces, ready to be trained on.
struct SeriesTrainingData {
  /// Rows of one part of the data.
  struct Part {
    /// Where each piece's rows begin in `features`, and the end.
    var bounds = [0]
    /// `[moments, count]`.
    var features: [Float] = []
    let count: Int

    var pieces: Int { bounds.count - 1 }
    var moments: Int { bounds[bounds.count - 1] }

    init(count: Int) { self.count = count }

    /// The rows of moments that follow one another, each with those around it: `[moments, span * count]`.
    func rows(_ moments: Range<Int>, of piece: Int, span: Int) -> ArraySlice<Float> {
      if span == 1 { return features[moments.lowerBound * count..<moments.upperBound * count] }
      let own = bounds[piece]..<bounds[piece + 1]
      var rows: [Float] = []
      rows.reserveCapacity(moments.count * span * count)
      for moment in moments {
        for other in moment - span / 2...moment + span / 2 {
          let row = min(max(other, own.lowerBound), own.upperBound - 1)
          rows += features[row * count..<(row + 1) * count]
        }
      }
      return rows[...]
    }

    mutating func append(_ rows: ArraySlice<Float>) {
      guard rows.count >= 2 * count else { return }
      features += rows
      bounds.append(features.count / count)
    }
  }

  let frontEnd: SeriesFrontEnd
  let training: Part
  let validation: Part
  let streams: Int
  /// Whose they are, by name.
  let subjects: [String]
  let notes: [String]
  /// Whose streams are set aside whole; empty where the ends of all are.
  let subjectsAside: Set<String>

  /// - Parameter given: the front end of a model that is trained further; nil for one fitted to the data.
  init(
    _ streams: [SeriesStream], settings: SeriesSettings, frontEnd given: SeriesFrontEnd? = nil, workers: Int?
  ) throws {
    guard let first = streams.first else { throw SeriesError("training data", "has no stream: give CSV files") }
    let common = first.channels.filter { channel in streams.allSatisfy { $0.channels.contains(channel) } }
    if let missing = given?.sampling.channels.first(where: { !common.contains($0) }) {
      throw SeriesError(
        "training data", "not every file has the channel \(missing), which the model to train from looks at: add it")
    }
    let shared = given?.sampling.channels ?? common
    guard !shared.isEmpty else {
      throw SeriesError(
        "training data",
        "the files have no channel in common: "
          + "\(first.name) has \(first.channels.joined(separator: ", ")): give files of one kind of instrument")
    }
    var notes: [String] = []
    let dropped = Set(streams.flatMap(\.channels)).subtracting(shared).sorted()
    if !dropped.isEmpty {
      notes.append("left out channels that not every file has: \(dropped.joined(separator: ", "))")
    }
    let intervals = streams.compactMap(\.medianInterval).sorted()
    guard !intervals.isEmpty else {
      throw SeriesError(
        "training data", "no file has two rows at different times: a series needs moments that follow each other")
    }
    let ranges = shared.map { channel in
      streams.lazy.compactMap { $0.range(of: channel) }.reduce((Double.infinity, -Double.infinity)) {
        (min($0.0, $1.0), max($0.1, $1.1))
      }
    }
    let constant = zip(shared, ranges).filter { $1.0 == $1.1 }.map(\.0)
    if !constant.isEmpty {
      notes.append(
        "the \(constant.count == 1 ? "channel \(constant[0]) has" : "channels \(constant.joined(separator: ", ")) have") "
          + "one value in all rows of all streams, which tells nothing")
    }
    // Counted from the middle where they lie far from zero and close together.
    let origins = ranges.map { $0.0 < $0.1 && SeriesStream.isNarrow($0.0, $0.1) ? $0.0 + ($0.1 - $0.0) / 2 : 0 }
    if let known = given?.sampling {
      let lost = shared.indices.filter { origins[$0] != 0 && known.origins?[$0] ?? 0 == 0 }.map { shared[$0] }
      if !lost.isEmpty {
        notes.append(
          "values of \(lost.joined(separator: ", ")) lie so far from zero that the model that is trained from tells few of "
            + "them apart: train one from the beginning, or take what they have in common away")
      }
    }
    var chosen =
      try given?.sampling
      ?? SeriesSampling(
        channels: shared, step: settings.step ?? max(20, intervals[intervals.count / 2]), window: settings.window,
        hop: settings.hop)
    if given == nil, origins.contains(where: { $0 != 0 }) { chosen.origins = origins }
    let sampling = chosen
    var pieces: [SeriesPiece] = []
    var short: [String] = []
    for (place, found) in Workers(workers ?? Workers.cores).map(
      streams, { stream in Result { try sampling.pieces(of: stream) } }
    ).enumerated() {
      let (name, own) = (streams[place].name, try found.get())
      if own.isEmpty { short.append(name) }
      pieces += own
    }
    if !short.isEmpty {
      notes.append(
        "left out \(short.count) streams without a part as long as a window (\(Int(sampling.step * Double(sampling.window))) ms), "
          + "the first is \(short[0])")
    }
    guard !pieces.isEmpty else {
      throw SeriesError(
        "training data",
        "no stream has a part as long as a window, \(Int(sampling.step * Double(sampling.window))) ms, without "
          + "a gap: give longer series or a smaller window")
    }
    frontEnd = try given ?? SeriesFrontEnd(sampling: sampling, fittedTo: pieces, workers: workers)
    let front = frontEnd
    let rows = Workers(workers ?? Workers.cores).map(pieces) { piece in
      front.features(of: piece, at: sampling.moments(of: piece))
    }
    let names = Set(pieces.map(\.subject)).sorted()
    (self.streams, subjects, self.notes) = (streams.count, names, notes)

    var subjectsAside: Set<String> = []
    var (training, validation) = (Part(count: front.count), Part(count: front.count))
    if names.count >= 5, settings.validationShare > 0 {
      var random = SeededRandom(seed: settings.seed).split(1)
      let aside = Set(random.shuffled(names).prefix(max(1, Int(Double(names.count) * settings.validationShare))))
      subjectsAside = aside
      for (piece, rows) in zip(pieces, rows) {
        if aside.contains(piece.subject) { validation.append(rows[...]) } else { training.append(rows[...]) }
      }
    } else {
      // Few subjects: the end of each series is set aside, a border of four windows before it.
      let border = (4 * settings.window + settings.hop - 1) / settings.hop
      for rows in rows {
        let moments = rows.count / front.count
        let aside = Int(Double(moments) * settings.validationShare)
        guard aside > 1, moments - aside - border > 1 else {
          training.append(rows[...])
          continue
        }
        training.append(rows[..<((moments - aside - border) * front.count)])
        validation.append(rows[((moments - aside) * front.count)...])
      }
    }
    guard training.pieces > 0 else {
      throw SeriesError("training data", "no series has two moments to compare: give longer series or a smaller hop")
    }
    (self.training, self.validation, self.subjectsAside) = (training, validation, subjectsAside)
  }

  /// A digest of all of it, as it is learned from.
  var digest: String {
    var digest = SHA256()
    for part in [training, validation] {
      part.bounds.withUnsafeBytes { digest.update(bufferPointer: $0) }
      part.features.withUnsafeBytes { digest.update(bufferPointer: $0) }
    }
    digest.update(data: Data(frontEnd.sampling.channels.joined(separator: "\n").utf8))
    return digest.finalize().hexadecimal
  }
}

extension SeriesStream {
  /// The least and the greatest value of a channel; nil where it has none.
  fileprivate func range(of channel: String) -> (Double, Double)? {
    guard let column = channels.firstIndex(of: channel) else { return nil }
    var (least, greatest) = (Float.infinity, -Float.infinity)
    for place in stride(from: column, to: values.count, by: channels.count) where values[place].isFinite {
      (least, greatest) = (min(least, values[place]), max(greatest, values[place]))
    }
    return least <= greatest ? (Double(least) + offsets[column], Double(greatest) + offsets[column]) : nil
  }
}
