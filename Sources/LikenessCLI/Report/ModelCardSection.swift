import Foundation
import LikenessTraining

/// What a model says of itself, for people and in full.
struct ModelCardSection {
  private let rows: [(String, String)]
  private let json: String
  /// What was left out of the text.
  private let omitted: String

  /// Any card.
  ///
  /// - Parameters:
  ///   - rows: what people ask first.
  ///   - card: all of it.
  init(rows: [(String, String)], card: some Encodable, omitted: String = "") throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    self.rows = rows
    self.omitted = omitted
    json = String(decoding: try encoder.encode(card), as: UTF8.self)
  }

  var html: String {
    """
    <h2>The model card</h2>
    <div class="scroll"><table>\(rows.map { "<tr><td>\($0.0)</td><td class=\"text\">\(escaped($0.1))</td></tr>" }.joined())</table></div>
    <details><summary>all of it, as the model file holds it\(omitted)</summary>
    <pre>\(escaped(json))</pre></details>
    """
  }
}

extension ModelCardSection {
  /// A card with hashes of names and files, of which people are told the number alone.
  init(rows: [(String, String)], listing card: some TrainingCard) throws {
    var short = card
    let hashes = short.takeList() + (short.parent?.takeList() ?? 0)
    try self.init(rows: rows, card: short, omitted: hashes > 0 ? ", but for \(hashes) hashes of names and files" : "")
  }

  /// The card of a model of pictures.
  init(card: ModelCard) throws {
    try self.init(rows: Self.rows(card), listing: card)
  }

  private static func rows(_ card: ModelCard) -> [(String, String)] {
    var rows = [
      ("recipe", card.recipe), ("date", card.date ?? "unknown"), ("seed", "\(card.seed)"),
      ("data", "\(counted(card.pictures, "picture")) of \(counted(card.identities, "identity", "identities"))"),
      ("SHA-256 of the data", card.dataSHA256 ?? "unknown"),
    ]
    if let configuration = card.configuration {
      rows.append(("loss", (card.losses ?? [configuration.loss]).map(text).joined(separator: "; ")))
      if configuration.loss.loss.takesTriplets { rows.append(("miner", configuration.miner.rawValue)) }
      rows.append(
        (
          "batches",
          "\(configuration.batches.rawValue), \(configuration.identitiesPerBatch) identities × \(configuration.inputsPerIdentity)"
        ))
      rows.append(("steps", "\(configuration.steps) of a peak rate of \(Float(configuration.peakRate))"))
    }
    if let notes = card.notes { rows.append(("left out", notes.joined(separator: "; "))) }
    if let parent = card.parent { rows.append(("trained from", "\(parent.sha256): \(parent.kept)")) }
    rows.append(("licence", card.licence ?? "unknown"))
    return rows
  }

  private static func text(_ loss: LossSettings) -> String {
    var text = loss.kind.rawValue
    if loss.hasMargin { text += ", margin \(loss.margin)" }
    if loss.hasScale { text += ", scale \(loss.scale)" }
    if loss.hasTemperature { text += ", temperature \(loss.temperature)" }
    return text
  }
}

extension TrainingListing {
  /// Takes all hashes away; how many there were.
  fileprivate mutating func takeList() -> Int {
    defer { (identitiesSHA256, identitiesSHA256Prefixes, filesSHA256Prefixes) = (nil, nil, nil) }
    return listedIdentities + listedFiles
  }
}

/// A card that lists whom, or what, its model was trained on, and the model before it.
protocol TrainingCard: TrainingListing, Encodable {
  var parent: ModelCard.Parent? { get set }
}

extension ModelCard: TrainingCard {}
extension CaptionCard: TrainingCard {}
extension SeriesCard: TrainingCard {}
