import Foundation
import Networks

/// Pictures and sentences as towers see them, those that were set aside where some were: for people to look at.
public struct CaptionLook: Sendable {
  /// A sentence, and what was found for it.
  public struct Question: Sendable, Hashable {
    /// What was asked.
    public var caption: String
    /// The file of the picture that has this caption.
    public var right: String
    /// How many pictures were not farther than it.
    public var rank: Int
    /// The files of the pictures that were found first.
    public var found: [String]
  }

  /// Whether the towers never saw them.
  public let areUnseen: Bool
  /// The first caption of each picture.
  public let concepts: [String]
  /// Where each picture is; nil where there are too few.
  public let map: EmbeddingPlane?
  /// The sentences whose pictures were found last, the worst first, no picture twice; none where they were learned from.
  public let worst: [Question]

  init(_ model: CaptionModel, _ data: CaptionedPictures, areUnseen: Bool, worst count: Int = 12) throws {
    self.areUnseen = areUnseen
    let pictures = try model.embed(data)
    concepts = data.captionsOfPicture.map { $0.first.map { data.captions[$0] } ?? "" }
    map = EmbeddingPlane(pictures.values, dimension: model.dimension)
    guard areUnseen else {
      worst = []
      return
    }
    let asked = Set(data.captionsOfPicture.joined()).sorted()
    let texts = try model.embed(asked.map { data.captions[$0] })
    let scores = Tensor.product(texts, pictures, transposeRight: true).values
    var questions: [(rank: Int, picture: Int, question: Question)] = []
    for (row, caption) in asked.enumerated() {
      let own = scores[row * data.count..<(row + 1) * data.count]
      let order = (0..<data.count).sorted { own[own.startIndex + $0] > own[own.startIndex + $1] }
      guard let rank = order.firstIndex(where: { data.captionsOfPicture[$0].contains(caption) }) else { continue }
      questions.append(
        (
          rank, order[rank],
          Question(
            caption: data.captions[caption], right: data.files[order[rank]], rank: rank + 1,
            found: order.prefix(3).map { data.files[$0] })
        ))
    }
    var seen: Set<Int> = []
    worst = questions.sorted { ($0.rank, $1.picture) > ($1.rank, $0.picture) }
      .filter { $0.rank > 0 && seen.insert($0.picture).inserted }.prefix(count).map(\.question)
  }
}

extension TrainedCaptions {
  /// The concepts that were set aside, as the first pair of towers sees them; all of them where none were.
  public func look() throws -> CaptionLook {
    guard let scout, let validation else {
      let step = max(1, training.count / 1_000)
      let some = training.rows(Array(stride(from: 0, to: training.count, by: step)))
      return try CaptionLook(model, some, areUnseen: false)
    }
    return try CaptionLook(scout, validation, areUnseen: true)
  }
}
