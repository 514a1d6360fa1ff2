import Foundation
import Likeness
import LikenessTraining

extension TrainedSeries: TrainingOutcome {
  func file() throws -> Data { try model.encoded() }

  var result: [String: JSONValue] {
    get throws {
      var result: [String: JSONValue] = ["seconds": .number(seconds), "moments_per_second": .number(framesPerSecond)]
      if let best = card.bestEpoch { result["best_epoch"] = try JSONValue(encoding: best) }
      return result
    }
  }

  /// How it went, how much of the labels can be read off its embeddings, and what the model says of itself.
  func page() throws -> ReportPage {
    let look = try look()
    var sections = [curves]
    if let report = look.report {
      sections.append(table(report))
    } else {
      sections.append(
        """
        <h2>How well it does</h2>
        <p>\(look.areLabels ? "No subjects were set aside" : "The data have no labels"), so nothing can be said of labels \
        that few examples tell. <code>likeness evaluate MODEL FOLDER --labelled FOLDER</code> says it.</p>
        """)
    }
    if let plane = look.map {
      sections.append(
        PlaneMap(
          heading: look.areLabels ? "A map of moments, by what was going on" : "A map of moments, by subject",
          plane: plane, names: look.names
        ).html)
    }
    var rows = [
      ("recipe", card.recipe), ("date", card.date ?? "unknown"), ("seed", "\(card.settings.seed)"),
      (
        "data",
        "\(card.trainingMoments) moments trained on, \(card.validationMoments ?? 0) to steer by, of "
          + "\(counted(card.streams, "stream")) of \(counted(card.subjects, "subject"))"
      ),
      ("channels", card.channels.joined(separator: ", ")), ("SHA-256 of the data", card.dataSHA256 ?? "unknown"),
      ("loss", "neighbouring pairs, temperature \(card.settings.loss.temperature), reach \(card.settings.loss.reach)"),
      ("steps", "\(card.settings.steps) of a peak rate of \(Float(card.settings.peakRate))"),
    ]
    if let parent = card.parent { rows.append(("trained from", "\(parent.sha256): \(parent.kept)")) }
    rows.append(("licence", card.licence ?? "unknown"))
    return ReportPage(
      title: "How moments became alike",
      lead: """
        An encoder learned from \(card.trainingMoments) moments of \(counted(card.streams, "stream")) that moments close in \
        time are similar and all others are not\(steering). Labels were never looked at in training.
        """,
      caution: notes.isEmpty ? nil : escaped(notes.joined(separator: "; ")),
      figures: [
        ("\(model.dimension)", "values an embedding"), (ProgressBar.clock(seconds), "of training"),
        (String(format: "%.0f", framesPerSecond), "moments a second"),
      ], sections: sections, card: try ModelCardSection(rows: rows, listing: card))
  }

  private var steering: String {
    let aside = card.validationMoments ?? 0
    return aside > 0 ? "; \(aside) others, never trained on, told which epoch was best" : ""
  }

  private var curves: String {
    CurveChart.section(
      "How it learned",
      [
        CurveChart(
          title: "Loss", label: "loss",
          series: [
            .init("training", "var(--one)", of: epochs) { $0.loss },
            .init("set aside", "var(--two)", of: epochs, isDashed: true) { $0.validationLoss },
          ].filter { !$0.points.isEmpty }),
        CurveChart(title: "Rate", label: "rate", series: [.init("rate", "var(--three)", of: epochs) { $0.rate }]),
      ])
  }

  private func table(_ report: SeriesEvaluation.Report) -> String {
    let shares = report.probe.keys.compactMap { Int($0) }.sorted()
    func row(_ name: String, _ figures: SeriesEvaluation.Shares) -> String {
      let cells = shares.map { figures["\($0)"].map { String(format: "<td>%.3f</td>", $0.accuracy) } ?? "<td></td>" }
      return "<tr><td>\(escaped(name))</td>\(cells.joined())</tr>"
    }
    let rows =
      [row("this model", report.probe)] + report.baselines.sorted { $0.key < $1.key }.map { row($0.key, $0.value) }
    return """
      <h2>How much of the labels can be read off it</h2>
      <p class="soft">A linear probe on \(counted(report.subjects, "subject")) that were set aside, with this share of the other \
      subjects' frames labelled, beside the same probe on what needs no training; accuracy.</p>
      <div class="scroll"><table><tr><th></th>\(shares.map { "<th>\($0) %</th>" }.joined())</tr>\(rows.joined())</table></div>
      """
  }
}
