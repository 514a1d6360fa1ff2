import Foundation

/// A model that turns the moments of a series into embeddings: what a model file of series holds.
///
/// An embedding has two parts of equal length, joined to a vector of length 1: what the front end sees of the moment, and
/// what the encoder learned of it or, where it sees more than one, of the moments around it.
///
/// ```swift
/// let model = try SeriesModel(Data(contentsOf: URL(fileURLWithPath: "watch.model")))
/// for moment in try model.embed(SeriesStream(contentsOf: "s03_01_sw.csv")) {
///   print(moment.time, moment.vector)          // milliseconds, model.dimension values
/// }
/// ```
public struct SeriesModel: Sendable {
  /// The kind of input, as the file's metadata says it.
  public static let kind = "series"

  /// What is computed before anything learned.
  public let frontEnd: SeriesFrontEnd
  /// The encoder on top of it.
  public let network: EmbeddingModel

  /// The number of values of an embedding.
  public var dimension: Int { frontEnd.count + network.dimension }
  /// How many moments the encoder sees at a time.
  public var span: Int { network.input[0] / frontEnd.count }
  /// How streams are sampled.
  public var sampling: SeriesSampling { frontEnd.sampling }

  /// An embedded moment of a stream.
  public struct Moment: Sendable, Hashable {
    /// The middle of the window, in milliseconds, as the file counts them.
    public var time: Double
    /// `dimension` values.
    public var vector: [Float]
  }

  /// Joins a front end and encoders.
  ///
  /// - Parameters:
  ///   - frontEnd: the encoders' input is an odd multiple of its count.
  ///   - members: the encoders.
  ///   - metadata: strings for the file: `recipe`, `card`.
  /// - Throws: ``NetworkError`` where they do not fit together.
  public init(
    frontEnd: SeriesFrontEnd, members: [EmbeddingModel.Member], metadata: [String: String] = [:]
  ) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var metadata = metadata
    metadata["kind"] = Self.kind
    metadata["metric"] = "euclidean"
    metadata[Self.frontEndKey] = String(decoding: try encoder.encode(frontEnd), as: UTF8.self)
    self.frontEnd = frontEnd
    network = try EmbeddingModel(members: members, metadata: metadata)
    guard Self.fits(network, frontEnd) else {
      throw NetworkError("a front end of \(frontEnd.count) values does not fit networks for \(network.input)")
    }
  }

  private static func fits(_ network: EmbeddingModel, _ frontEnd: SeriesFrontEnd) -> Bool {
    let count = frontEnd.count
    return network.input.count == 1 && network.input[0] % count == 0 && network.input[0] / count % 2 == 1
  }

  /// Reads a model file's bytes.
  ///
  /// - Throws: ``ModelFileError`` where they are no model of series.
  public init(_ data: Data) throws {
    network = try EmbeddingModel(data)
    guard network.metadata["kind"] == Self.kind else {
      throw ModelFileError(
        "embeds inputs of kind \"\(network.metadata["kind"]?.prefix(40) ?? "unknown")\", series were expected")
    }
    let text = network.metadata[Self.frontEndKey] ?? ""
    do {
      try SafeTensors.checkNesting(text.utf8)
      frontEnd = try JSONDecoder().decode(SeriesFrontEnd.self, from: Data(text.utf8))
    } catch {
      throw ModelFileError("says nothing usable of how a series is described: train it again")
    }
    guard Self.fits(network, frontEnd) else {
      throw ModelFileError("its front end does not fit its networks: train it again")
    }
  }

  private static let frontEndKey = "front_end"

  /// The file's bytes; the same model gives the same bytes.
  public func encoded() throws -> Data { try network.encoded() }

  /// Embeds moments of a piece: `[moments, dimension]`.
  public func embed(_ piece: SeriesPiece, at moments: [Int], workers: Int = Workers.cores) throws -> [Float] {
    let seen = SeriesSurroundings(of: moments, in: piece, sampling, span: span)
    return try embed(seen, features: frontEnd.features(of: piece, at: seen.samples), workers: workers)
  }

  /// Embeds moments whose samples are described already: `[moments, dimension]`.
  ///
  /// - Parameter features: `[seen.samples, frontEnd.count]`.
  public func embed(
    _ seen: SeriesSurroundings, features: [Float], workers: Int = Workers.cores
  ) throws -> [Float] {
    let (count, learned) = (frontEnd.count, network.dimension)
    var result = [Float](repeating: 0, count: seen.count * dimension)
    let middles = seen.middles
    let half = Float(0.5).squareRoot()
    // Surroundings take their span's multiple of memory: a part at a time.
    for start in stride(from: 0, to: seen.count, by: Self.batch) {
      let range = start..<min(start + Self.batch, seen.count)
      let rows = seen.gather(range, of: features, count: count)
      let encoded = try network.embed(Tensor(shape: [range.count, seen.span * count], values: rows), workers: workers)
      encoded.withUnsafeBufferPointer { encoded in
        result.withUnsafeMutableBufferPointer { result in
          for (row, moment) in range.enumerated() {
            let target = moment * dimension
            for i in 0..<count { result[target + i] = features[middles[moment] * count + i] }
            if let base = result.baseAddress {
              L2NormalizationStage.normalize(base + target, count: count, into: base + target)
            }
            for i in 0..<count { result[target + i] *= half }
            for i in 0..<learned { result[target + count + i] = encoded[row * learned + i] * half }
          }
        }
      }
    }
    return result
  }

  private static let batch = 1024

  /// Embeds all moments of a stream, a hop apart, none across a border.
  ///
  /// - Throws: ``SeriesError`` where channels are missing, or no part of it is a window long.
  public func embed(_ stream: SeriesStream, workers: Int = Workers.cores) throws -> [Moment] {
    try pieces(of: stream).flatMap { piece in
      let moments = sampling.moments(of: piece)
      let vectors = try embed(piece, at: moments, workers: workers)
      return moments.enumerated().map { row, moment in
        Moment(
          time: sampling.time(of: moment, in: piece),
          vector: Array(vectors[row * dimension..<(row + 1) * dimension]))
      }
    }
  }

  /// Embeds the moment of a stream that is nearest to a time, or its last one.
  ///
  /// - Parameter time: milliseconds, as the file counts them; nil for the end.
  /// - Throws: ``SeriesError`` where no window lies there.
  public func embed(_ stream: SeriesStream, at time: Double?) throws -> Moment {
    let pieces = try pieces(of: stream)
    var best: (piece: SeriesPiece, moment: Int, distance: Double)?
    for piece in pieces {
      let (first, last) = (sampling.window / 2, sampling.lastMoment(of: piece))
      guard let time else {
        best = (piece, last, 0)
        continue
      }
      // Comparing before rounding: a time far outside must not overflow.
      let place = (time - piece.start) / sampling.step
      let moment = place <= Double(first) ? first : place >= Double(last) ? last : Int(place.rounded())
      let distance = abs(sampling.time(of: moment, in: piece) - time)
      if distance < best?.distance ?? .infinity { best = (piece, moment, distance) }
    }
    let reach = sampling.step * Double(sampling.window) / 2
    guard let best, best.distance <= reach else {
      throw SeriesError(
        stream.name,
        "has no window around \(SeriesSampling.milliseconds(time ?? 0)): it covers "
          + pieces.map { piece in
            SeriesSampling.milliseconds(piece.start) + " to "
              + SeriesSampling.milliseconds(
                sampling.time(of: piece.values.count / sampling.channels.count - 1, in: piece))
          }.prefix(8).joined(separator: ", "))
    }
    let vector = try embed(best.piece, at: [best.moment], workers: 1)
    return Moment(time: sampling.time(of: best.moment, in: best.piece), vector: vector)
  }

  private func pieces(of stream: SeriesStream) throws -> [SeriesPiece] {
    let pieces = try sampling.pieces(of: stream)
    guard !pieces.isEmpty else {
      throw SeriesError(
        stream.name,
        "has no part without a gap that is a window long ("
          + SeriesSampling.milliseconds(sampling.step * Double(sampling.window)) + "): give a longer series")
    }
    return pieces
  }
}
