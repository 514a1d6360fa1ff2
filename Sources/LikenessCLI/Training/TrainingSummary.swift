import Foundation
import LikenessTraining

/// What `train` says at its end: the model, how each network's training went, and first figures beside the baselines'.
struct TrainingSummary: Encodable {
  /// One network's training.
  struct Network: Encodable {
    var bestEpoch: Int
    var epochs: [EpochRecord]
    var collapses: [CollapseRecord]

    enum CodingKeys: String, CodingKey {
      case epochs, collapses
      case bestEpoch = "best_epoch"
    }

    init(_ result: EmbeddingTrainer.Result) {
      bestEpoch = result.epochs[result.bestEpoch].epoch
      epochs = result.epochs
      collapses = result.collapses
    }
  }

  var model: String
  var recipe: String
  var dimension: Int
  var seed: UInt64
  var identities: Int
  var pictures: Int
  var seconds: Double
  var peakMemory: Int
  /// The training that was steered by the validation identities.
  var scout: Network?
  var networks: [Network]
  /// How the network that finds how pictures are framed was trained, where one was.
  var framing: FramingSettings?
  var skipped: [LabelledInputs.Skipped]
  /// Identities of one picture, which nothing can be learned of.
  var singleIdentities: [String]
  var validationIdentities: [String]
  /// What was left out of the recipe, and of the data besides, as sentences.
  var notes: [String]
  /// The report's page, where one was asked for.
  var report: String?
  /// By method, on the validation identities.
  var validation: [String: IdentificationReport]

  /// By method, few-shot figures on them, for the recipes that ask.
  var fewShots: [String: FewShotReport]?

  private var rows: [(name: String, report: IdentificationReport)]
  private var fewShotRows: [(name: String, report: FewShotReport)]

  enum CodingKeys: String, CodingKey {
    case model, recipe, dimension, seed, identities, pictures, seconds, scout, networks, framing, skipped, validation
    case validationIdentities = "validation_identities"
    case peakMemory = "peak_memory_bytes"
    case singleIdentities = "identities_with_one_picture"
    case report, notes
    case fewShots = "validation_few_shot"
  }

  /// - Parameters:
  ///   - trained: the result.
  ///   - folder: what it was trained on.
  ///   - out: where the model was written.
  ///   - report: where the report was written.
  init(trained: TrainedEmbedder, folder: PictureFolder, out: String, report: String? = nil) throws {
    model = out
    recipe = trained.model.recipe
    dimension = trained.model.network.dimension
    seed = trained.card.seed
    identities = trained.card.identities
    pictures = trained.card.pictures
    seconds = trained.seconds
    peakMemory = PeakMemory.bytes
    singleIdentities = trained.singleIdentities
    self.report = report
    notes = (trained.card.notes ?? []) + folder.notes
    scout = trained.committee.scout.map { Network($0) }
    networks = trained.committee.members.map { Network($0) }
    framing = trained.card.framing
    skipped = trained.skipped
    validationIdentities = trained.validationIdentities
    rows = try trained.validationReports(folder: folder) ?? []
    validation = Dictionary(uniqueKeysWithValues: rows.map { ($0.name, $0.report.withoutCurve()) })
    fewShotRows = trained.fewShots ?? []
    fewShots = trained.fewShots.map { rows in Dictionary(uniqueKeysWithValues: rows.map { ($0.name, $0.report) }) }
  }

  var text: String {
    var lines = [
      "\(recipe): \(dimension) values a picture from \(counted(networks.count, "network")), trained on "
        + "\(counted(pictures, "picture")) of \(counted(identities, "identity", "identities")) in \(String(format: "%.0f s", seconds)) with \(peakMemory >> 20) MB at most, in \(model)"
    ]
    lines += notes.map { "note: \($0)" }
    if !singleIdentities.isEmpty {
      lines.append(
        "\(counted(singleIdentities.count, "identity has", "identities have")) a single picture, which teaches nothing: "
          + "add pictures of "
          + singleIdentities.prefix(3).joined(separator: ", ") + (singleIdentities.count > 3 ? " and others" : ""))
    }
    if framing != nil {
      lines.append(
        "It finds faces that are framed otherwise than those it was trained on, and looks at them as at those.")
    }
    if let report { lines.append("report: \(report)") }
    for collapse in (scout.map { [$0] } ?? networks).flatMap(\.collapses) { lines.append(collapse.sentence) }
    if !rows.isEmpty {
      lines.append("")
      lines.append(
        "A first impression: one network, on \(counted(validationIdentities.count, "identity", "identities")) set aside to "
          + "steer it,"
      )
      lines.append("and the classics beside it. Figures to quote come from 'likeness evaluate' on people kept apart.")
      lines.append(IdentificationReport.table(rows))
    }
    lines += fewShotRows.map { "\($0.name): \($0.report.summary)" }
    if !skipped.isEmpty {
      lines.append("left out \(counted(skipped.count, "picture")) that cannot be read:")
      lines += skipped.map { "  \($0.path): \($0.reason)" }
    }
    return lines.joined(separator: "\n")
  }
}
