import Foundation
import Likeness
import LikenessTraining

extension TrainedCaptions: TrainingOutcome {
  var result: [String: JSONValue] {
    get throws {
      var result: [String: JSONValue] = [
        "best_epochs": .array(card.bestEpochs.map { .number(Double($0.epoch)) }), "seconds": .number(seconds),
      ]
      if let figures = card.figures { result["validation"] = try JSONValue(encoding: figures) }
      return result
    }
  }

  /// How it went, how well concepts it never saw are found, with which answers, and what the model says of itself.
  func page() throws -> ReportPage {
    var sections = [curves]
    if let reports = try validationReports() {
      sections.append(table(reports))
    } else {
      sections.append(
        """
        <h2>How well it does</h2>
        <p>No concepts were set aside to steer by, so nothing can be said of concepts it never saw. \
        <code>likeness evaluate MODEL LIST</code> says it of a list kept apart.</p>
        """)
    }
    let look = try look()
    if look.areUnseen { sections.append(answers(look)) }
    if let plane = look.map {
      let heading = look.areUnseen ? "A map of the drawings set aside" : "A map of the drawings it learned from"
      sections.append(PlaneMap(heading: heading, plane: plane, names: look.concepts).html)
    }
    return ReportPage(
      title: "How pictures and sentences found each other",
      lead: """
        \(counted(epochs.count, "pair")) of towers learned from \(card.pictures) pictures with \(card.captions) captions that a picture \
        and a sentence that fits it belong together. \(steering)
        """,
      figures: figures, sections: sections, card: try cardSection)
  }

  private var steering: String {
    reports == nil
      ? "No concepts were set aside: the last epoch was kept."
      : "The first pair was steered by concepts that it never saw: what is said below of unseen concepts is said of that "
        + "one pair."
  }

  private var figures: [(value: String, meaning: String)] {
    var figures = [
      ("\(model.dimension)", "values an embedding"), (ProgressBar.clock(seconds), "of training"),
    ]
    if let report = reports?.first?.report {
      figures.append(
        (ReportPage.percent(report.textToImage.recallAt1), "of sentences find their picture first, concepts set aside"))
      figures.append((ReportPage.percent(report.imageToText.recallAt1), "of pictures find their sentence first"))
    }
    return figures.map { (value: $0.0, meaning: $0.1) }
  }

  private var curves: String {
    let first = epochs.first ?? []
    let others = epochs.dropFirst().enumerated().map { index, epochs in
      LineChart.Series(index == 0 ? "the others" : "", "var(--three)", of: epochs, isDashed: true) { $0.loss }
    }
    return CurveChart.section(
      "How it learned",
      [
        CurveChart(
          title: "Loss", label: "loss",
          series: others + [LineChart.Series("first pair", "var(--one)", of: first) { $0.loss }]),
        CurveChart(
          title: "Concepts set aside", label: "recall",
          series: [
            .init("text→image @1", "var(--one)", of: first) { $0.validation?.textToImage.recallAt1 },
            .init("@10", "var(--one)", of: first, isDashed: true) { $0.validation?.textToImage.recallAt10 },
            .init("image→text @1", "var(--two)", of: first) { $0.validation?.imageToText.recallAt1 },
          ], yRange: 0...1),
        CurveChart(
          title: "Own text nearest in the batch", label: "share",
          series: [.init("share", "var(--one)", of: first) { $0.accuracy }], yRange: 0...1),
        CurveChart(
          title: "Temperature", label: "τ",
          series: [.init("temperature", "var(--two)", of: first) { $0.temperature }]),
      ])
  }

  private func table(_ reports: [(name: String, report: CaptionReport)]) -> String {
    func cells(_ direction: CaptionReport.Direction) -> String {
      [direction.recallAt1, direction.recallAt5, direction.recallAt10].map {
        String(format: "<td>%.3f</td>", $0)
      }.joined() + String(format: "<td>%g</td>", direction.medianRank)
    }
    let rows = reports.map {
      "<tr><td>\(escaped($0.name))</td>\(cells($0.report.textToImage))\(cells($0.report.imageToText))</tr>"
    }
    let heads = ["text→image R@1", "R@5", "R@10", "median rank", "image→text R@1", "R@5", "R@10", "median rank"]
    return """
      <h2>How well concepts it never saw are found, beside what can be had in closed form</h2>
      <div class="scroll"><table><tr><th></th>\(heads.map { "<th>\($0)</th>" }.joined())</tr>\(rows.joined())</table></div>
      """
  }

  /// What the worst questions were answered with.
  private func answers(_ look: CaptionLook) -> String {
    let cards = look.worst.map { question in
      let faces = ([(question.right, "rank \(question.rank)", true)] + question.found.map { ($0, "", false) }).map {
        Thumbnail(path: $0.0, name: ($0.0 as NSString).lastPathComponent, detail: $0.1, isMate: $0.2).html
      }
      return """
        <div class="answer wrong question"><b>\(escaped(question.caption))</b>\(faces.joined())</div>
        """
    }
    return """
      <h2>The worst answers</h2>
      <p class="soft">What was asked, the picture that is right (framed), and those that were found first.</p>
      <div class="answers">\(cards.joined())</div>
      """
  }

  private var cardSection: ModelCardSection {
    get throws {
      var rows = [
        ("recipe", card.recipe), ("date", card.date ?? "unknown"), ("seed", "\(card.configuration.seed)"),
        ("data", "\(card.pictures) pictures with \(card.captions) captions, \(card.concepts) concepts"),
        ("SHA-256 of the data", card.dataSHA256 ?? "unknown"),
        ("batches", "\(card.configuration.batch) pictures"),
        ("steps", "\(card.configuration.steps) of a peak rate of \(Float(card.configuration.peakRate))"),
      ]
      if let notes = card.notes { rows.append(("left out", notes.joined(separator: "; "))) }
      if let parent = card.parent { rows.append(("trained from", "\(parent.sha256): \(parent.kept)")) }
      rows.append(("licence", card.licence ?? "unknown"))
      return try ModelCardSection(rows: rows, listing: card)
    }
  }
}
