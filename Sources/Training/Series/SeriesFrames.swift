import Networks
import Synchronization

/// The labelled moments of streams.
struct SeriesFrames: Sendable {
  /// A piece and those of its moments that have a label.
  struct Part: Sendable {
    var piece: SeriesPiece
    var moments: [Int]
  }

  private(set) var parts: [Part] = []
  /// A label a frame.
  private(set) var labels: [String] = []
  /// The stream of each frame, by number.
  private(set) var streams: [Int] = []
  private(set) var subjects: [String] = []
  /// The subject of each frame, by number.
  private(set) var people: [Int] = []
  private(set) var notes: [String] = []

  init(_ model: SeriesModel, _ streams: [SeriesStream], workers: Int?) throws {
    let sampling = model.sampling
    let found = Workers(workers ?? Workers.cores).map(streams) { stream in Result { try sampling.pieces(of: stream) } }
    var (short, bare): ([String], [String]) = ([], [])
    for (number, (stream, pieces)) in zip(streams, found).enumerated() {
      let pieces = try pieces.get()
      let before = labels.count
      for piece in pieces where !piece.labels.isEmpty {
        let moments = sampling.moments(of: piece).filter { piece.labels[$0] != nil }
        guard !moments.isEmpty else { continue }
        parts.append(Part(piece: piece, moments: moments))
        labels += moments.compactMap { piece.labels[$0] }
        self.streams += [Int](repeating: number, count: moments.count)
        let person = subjects.firstIndex(of: piece.subject) ?? subjects.count
        if person == subjects.count { subjects.append(piece.subject) }
        people += [Int](repeating: person, count: moments.count)
      }
      if pieces.isEmpty { short.append(stream.name) } else if labels.count == before { bare.append(stream.name) }
    }
    if !short.isEmpty {
      notes.append("left out \(short.count) streams shorter than a window, the first is \(short[0])")
    }
    if !bare.isEmpty {
      notes.append("left out \(bare.count) streams without a label, the first is \(bare[0])")
    }
  }
}

/// The same frames as each method sees them.
struct SeriesTables: Sendable {
  /// By method, features of the labelled frames.
  private(set) var known: [String: FeatureTable] = [:]
  /// By method, features of the frames to be predicted.
  private(set) var unseen: [String: FeatureTable] = [:]

  init(_ model: SeriesModel, known: SeriesFrames, unseen: SeriesFrames, workers: Int?) throws {
    let untrained = try model.untrained()
    for (frames, isKnown) in [(known, true), (unseen, false)] {
      let front = model.frontEnd
      let parts = Workers(workers ?? Workers.cores).map(frames.parts) { part in
        let seen = SeriesSurroundings(of: part.moments, in: part.piece, model.sampling, span: model.span)
        return (seen: seen, features: front.features(of: part.piece, at: seen.samples))
      }
      func embedded(_ model: SeriesModel) throws -> FeatureTable {
        let values = try parts.flatMap { part in
          try model.embed(part.seen, features: part.features, workers: workers ?? Workers.cores)
        }
        return FeatureTable(width: model.dimension, values: values)
      }
      var tables: [String: FeatureTable] = [:]
      let whole = try embedded(model)
      tables["probe"] = whole
      tables["untrained"] = try embedded(untrained)
      let described = parts.flatMap { part in
        part.seen.middles.flatMap { part.features[$0 * front.count..<($0 + 1) * front.count] }
      }
      let all = FeatureTable(width: front.count, values: described)
      tables["front_end"] = all
      tables["handmade"] = all.columns(front.handmade)
      tables["encoder"] = whole.columns(front.count..<model.dimension)
      tables["raw"] = Self.raw(model.sampling, frames)
      if isKnown { self.known = tables } else { self.unseen = tables }
    }
    guard let raw = self.known["raw"], let other = self.unseen["raw"] else { return }
    // Windows that vary in fewer directions than that have no principal components worth measuring.
    let count = min(40, raw.width, raw.count - 1)
    guard count > 0, let pca = try? PrincipalComponents.fit(raw.values, features: raw.width, dimension: count) else {
      return
    }
    self.known["pca"] = FeatureTable(width: count, values: try pca.project(raw.values))
    self.unseen["pca"] = FeatureTable(width: count, values: try pca.project(other.values))
  }

  /// The samples of each frame's window.
  private static func raw(_ sampling: SeriesSampling, _ frames: SeriesFrames) -> FeatureTable {
    let width = sampling.window * sampling.channels.count
    var values: [Float] = []
    for part in frames.parts {
      for moment in part.moments {
        let start = (moment - sampling.window / 2) * sampling.channels.count
        values += part.piece.values[start..<start + width]
      }
    }
    return FeatureTable(width: width, values: values)
  }
}

extension FeatureTable {
  /// Some of the columns.
  func columns(_ range: Range<Int>) -> FeatureTable {
    var result: [Float] = []
    result.reserveCapacity(count * range.count)
    for row in 0..<count { result += values[row * width + range.lowerBound..<row * width + range.upperBound] }
    return FeatureTable(width: range.count, values: result)
  }
}

extension SeriesModel {
  /// The model with its encoder as it was before training.
  func untrained() throws -> SeriesModel {
    let card = try SeriesCard(of: self)
    let network = try Network(
      architecture: card.settings.architecture(count: frontEnd.count), seed: card.settings.seed, workers: 1)
    return try card.model(frontEnd: frontEnd, weights: network.weights)
  }
}

/// Counts from several threads.
final class Counter: Sendable {
  private let total: Int
  private let done = Mutex(0)
  private let onProgress: @Sendable (Int, Int) -> Void

  init(total: Int, onProgress: @escaping @Sendable (Int, Int) -> Void) {
    (self.total, self.onProgress) = (total, onProgress)
  }

  func advance() {
    done.withLock {
      $0 += 1
      onProgress($0, total)
    }
  }
}
