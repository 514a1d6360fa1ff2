import Networks

/// How well pictures and sentences find each other.
///
/// Text to picture: each line of the list asks with its caption; pictures of equal pixels are one answer, and right is
/// every picture that the list gives this caption. Picture to text: each picture asks; every caption is one answer
/// however many pictures have it, and right is each one of its own (or of a picture of equal pixels). A rank is one more
/// than the number of wrong answers nearer than the nearest right one; wrong ones exactly as near count half. A caption of
/// which the model knows no word finds nothing, and is found by nothing: all such have one embedding.
public struct CaptionReport: Codable, Sendable, Hashable {
  /// One direction's figures.
  public struct Direction: Codable, Sendable, Hashable {
    /// The share of questions with a right answer first.
    public let recallAt1: Double
    /// The share with a right answer among the first five.
    public let recallAt5: Double
    /// The share with a right answer among the first ten.
    public let recallAt10: Double
    /// The median of the first right answer's rank.
    public let medianRank: Double
    /// How many asked; nil in the cards of older models.
    public let probes: Int?

    enum CodingKeys: String, CodingKey {
      case recallAt1 = "recall_at_1"
      case recallAt5 = "recall_at_5"
      case recallAt10 = "recall_at_10"
      case medianRank = "median_rank"
      case probes
    }

    /// - Parameters:
    ///   - ranks: one a question; infinite where nothing right was found.
    ///   - answers: how many there were to choose from.
    init(ranks: [Double], answers: Int) {
      func recall(_ most: Double) -> Double {
        ranks.isEmpty ? 0 : Double(ranks.count { $0 <= most }) / Double(ranks.count)
      }
      (recallAt1, recallAt5, recallAt10) = (recall(1), recall(5), recall(10))
      probes = ranks.count
      // What was not found at all stands behind all that there is.
      let sorted = ranks.map { min($0, Double(answers + 1)) }.sorted()
      let middle = sorted.count / 2
      medianRank =
        sorted.isEmpty ? 0 : sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
  }

  /// Sentences ask, pictures answer.
  public let textToImage: Direction
  /// Pictures ask, sentences answer.
  public let imageToText: Direction
  /// How many pictures that differ there are to choose from.
  public let pictures: Int
  /// How many captions that differ there are to choose from.
  public let captions: Int
  /// Of how many of them the model knows no word; nil where nobody asked.
  public let unknownCaptions: Int?

  enum CodingKeys: String, CodingKey {
    case textToImage = "text_to_image"
    case imageToText = "image_to_text"
    case pictures, captions
    case unknownCaptions = "unknown_captions"
  }

  /// Compares embeddings.
  ///
  /// - Parameters:
  ///   - pictures: `[n, dimension]`, of the data's pictures.
  ///   - captions: `[m, dimension]`, of the data's captions.
  ///   - data: which belong together.
  ///   - unknown: captions whose embedding says nothing, by number; nil where that was not asked.
  public init(pictures: Tensor, captions: Tensor, data: CaptionedPictures, unknown: Set<Int>? = nil) {
    let (n, m) = (data.count, data.captions.count)
    precondition(pictures.shape.first == n && captions.shape.first == m, "every picture and caption has an embedding")
    let scores = Tensor.product(pictures, captions, transposeRight: true)
    let answers = data.looks.indices.filter { data.looks[$0] == $0 }
    var captionsOfLook: [Int: Set<Int>] = [:]
    for (picture, look) in data.looks.enumerated() {
      captionsOfLook[look, default: []].formUnion(data.captionsOfPicture[picture])
    }
    let known = Set(captionsOfLook.values.joined()).sorted()
    var (toImage, toText): ([Double], [Double]) = ([], [])
    scores.withUnsafeBufferPointer { scores in
      for caption in known {
        let rank =
          unknown?.contains(caption) ?? false
          ? .infinity
          : Self.rank(
            answers.lazy.map {
              (score: scores[$0 * m + caption], isRight: captionsOfLook[$0, default: []].contains(caption))
            })
        let asked = data.captionsOfPicture.count { $0.contains(caption) }
        toImage += [Double](repeating: rank, count: asked)
      }
      for (picture, look) in data.looks.enumerated() {
        let own = captionsOfLook[look, default: []].subtracting(unknown ?? [])
        toText.append(
          Self.rank(known.lazy.map { (score: scores[picture * m + $0], isRight: own.contains($0)) }))
      }
    }
    textToImage = Direction(ranks: toImage, answers: answers.count)
    imageToText = Direction(ranks: toText, answers: known.count)
    self.pictures = answers.count
    self.captions = known.count
    unknownCaptions = unknown.map { $0.intersection(known).count }
  }

  private static func rank(_ answers: some Sequence<(score: Float, isRight: Bool)>) -> Double {
    var best = -Float.infinity
    var hasRight = false
    for answer in answers where answer.isRight { (best, hasRight) = (max(best, answer.score), true) }
    guard hasRight else { return .infinity }
    var (nearer, equal) = (0, 0)
    for answer in answers where !answer.isRight {
      // Written so that a score that is no number counts against the model.
      if answer.score == best { equal += 1 } else if !(answer.score < best) { nearer += 1 }
    }
    return Double(nearer) + Double(equal) / 2 + 1
  }

  /// A few lines for a terminal.
  public var summary: String {
    func line(_ name: String, _ direction: Direction) -> String {
      let figures = [direction.recallAt1, direction.recallAt5, direction.recallAt10].map(TextTable.share)
      let asked = direction.probes.map { "  \($0) probes" } ?? ""
      return "\(name)  recall@1 \(figures[0])  recall@5 \(figures[1])  recall@10 \(figures[2])  median rank "
        + TextTable.rank(direction.medianRank) + asked
    }
    return [
      line("text to image", textToImage), line("image to text", imageToText),
      "\(pictures) pictures, \(captions) captions",
    ].joined(separator: "\n")
  }
}

extension TextTable {
  /// A rank without needless decimals.
  static func rank(_ rank: Double) -> String { rank == rank.rounded() ? "\(Int(rank))" : "\(rank)" }
}

extension CaptionModel {
  /// How well the model finds captions and pictures that it has not seen.
  public func evaluate(on data: CaptionedPictures, workers: Int = Workers.cores) throws -> CaptionReport {
    CaptionReport(
      pictures: try embed(data, workers: workers), captions: try embed(data.captions, workers: workers), data: data,
      unknown: Set(data.captions.indices.filter { !knows(data.captions[$0]) }))
  }

  func embed(_ data: CaptionedPictures, workers: Int = Workers.cores) throws -> Tensor {
    let values = try data.values { try embed(pictures: $0, workers: workers) }
    return Tensor(shape: [data.count, dimension], values: values)
  }
}
