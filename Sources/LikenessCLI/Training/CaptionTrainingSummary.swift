import Foundation
import LikenessTraining

/// What `train captions` says at its end: the model, how the trainings went, and first figures beside the baseline's.
struct CaptionTrainingSummary: Encodable {
  var model: String
  var recipe: String
  var dimension: Int
  var seed: UInt64
  var pictures: Int
  var captions: Int
  var concepts: Int
  var seconds: Double
  var peakMemory: Int
  var towers: [[CaptionEpoch]]
  /// Pairs of towers in closed form.
  var patchTowers: Int
  /// What was left out of the recipe, as sentences.
  var notes: [String]
  var skipped: [LabelledInputs.Skipped]
  var skippedLines: Int
  /// The report's page, where one was asked for.
  var report: String?
  /// By method, on the concepts set aside.
  var validation: [String: CaptionReport]

  private var rows: [(name: String, report: CaptionReport)]

  enum CodingKeys: String, CodingKey {
    case model, recipe, dimension, seed, pictures, captions, concepts, seconds, towers, notes, skipped, validation,
      report
    case patchTowers = "patch_towers"
    case peakMemory = "peak_memory_bytes"
    case skippedLines = "skipped_lines"
  }

  init(_ trained: TrainedCaptions, sheet: CaptionSheet, out: String, report: String? = nil) throws {
    self.report = report
    model = out
    recipe = trained.card.recipe
    dimension = trained.model.dimension
    seed = trained.card.configuration.seed
    pictures = trained.card.pictures
    captions = trained.card.captions
    concepts = trained.card.concepts
    seconds = trained.seconds
    peakMemory = PeakMemory.bytes
    towers = trained.epochs
    patchTowers = trained.card.configuration.patchTowers
    notes = trained.card.notes ?? []
    skipped = trained.skipped
    skippedLines = sheet.skippedLines
    rows = try trained.validationReports() ?? []
    validation = Dictionary(uniqueKeysWithValues: rows.map { ($0.name, $0.report) })
  }

  var text: String {
    var lines = [
      "\(recipe): \(dimension) values a picture or a sentence from \(towers.count) trained pairs of towers and "
        + "\(patchTowers) of patches, made of \(pictures) pictures with \(captions) captions in \(String(format: "%.0f s", seconds)) and "
        + "\(peakMemory >> 20) MiB, in \(model)"
    ]
    lines += notes.map { "note: \($0)" }
    if !rows.isEmpty {
      lines.append("")
      lines.append(
        "A first impression: on concepts that were set aside, among themselves, and what a regression finds.")
      lines.append("Figures to quote come from 'likeness evaluate' on a list kept apart.")
      lines.append(CaptionReport.table(rows))
    }
    if let report { lines.append("report: \(report)") }
    let broken = skipped.count + skippedLines
    if broken > 0 { lines.append("left out \(broken) pictures or lines that are broken") }
    return lines.joined(separator: "\n")
  }
}
