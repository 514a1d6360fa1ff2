import Files
import Foundation
import Images
import Likeness
import LikenessTraining

/// The page a demo leaves behind: probes beside their candidates, the training, the ROC, the gallery.
struct DemoReport {
  let outcome: DemoOutcome

  private static let title = "Likeness: who is this most like?"

  /// Whether a file is such a page.
  static func isOne(_ path: String) -> Bool {
    guard let file = FileContents.handle(path), let beginning = try? file.read(upToCount: 4_096) else { return false }
    return beginning.range(of: Data("<title>\(escaped(title))</title>".utf8)) != nil
  }

  var text: String {
    HTMLPage(
      title: Self.title,
      body: [introduction, figures, answers, charts, comparison, gallery].joined(separator: "\n")
    ).text
  }

  private var introduction: String {
    """
    <h1>Who is this most like?</h1>
    <p class="lead">An embedder learned from \(outcome.trainedPictures) pictures of \(outcome.trainedPeople) people that \
    pictures of one person belong together. Then \(outcome.info.identities) <em>other</em> people, whom it never saw, \
    were enrolled in a gallery, and further pictures of them were asked about.</p>
    <p class="soft">Candidates are leads for a person to review, never identifications.</p>
    """
  }

  private var figures: String {
    var cards: [(String, String)] = [
      ("\(outcome.right) of \(outcome.asked.count)", "probes found their person first"),
      ("\(outcome.info.identities)", "people enrolled, \(outcome.info.embeddings) embeddings"),
      (String(format: "%.0f s", outcome.seconds), "from pictures to answers"),
    ]
    if let report = outcome.measured.first?.report {
      cards.append((Self.percent(report.eer.value), "equal error rate on people never seen"))
      cards.append((Self.percent(report.tarAtFAR1Percent.value), "true accepts at 1 % false accepts"))
    }
    let cells = cards.map { "<div class=\"figure\"><b>\($0.0)</b><span>\($0.1)</span></div>" }
    return "<div class=\"figures\">\(cells.joined())</div>"
  }

  /// Probes that are shown at once; the others can be unfolded.
  private static let shownAtOnce = 18

  private var answers: String {
    // What went wrong, and then what was close, is what one learns from.
    let ordered = outcome.asked.sorted { ($0.isRight ? 1 : 0, $0.margin) < ($1.isRight ? 1 : 0, $1.margin) }
    let cards = ordered.map(Self.card)
    let others = cards.dropFirst(Self.shownAtOnce)
    let folded =
      others.isEmpty
      ? ""
      : "<details><summary>\(others.count) more</summary><div class=\"answers\">\(others.joined())</div></details>"
    return """
      <h2>Probes and their three nearest candidates</h2>
      <p class="soft">Under each candidate its distance; a green frame marks the probe's own person. Wrong answers, \
      if any, stand first with a red edge; then those that were nearest to going wrong.</p>
      <div class="answers">\(cards.prefix(Self.shownAtOnce).joined())</div>
      \(folded)
      """
  }

  private static func card(_ asked: DemoOutcome.Asked) -> String {
    let candidates = asked.answer.candidates.map { candidate in
      face(
        candidate.source, name: candidate.identity, detail: String(format: "%.3f", candidate.distance),
        isMate: candidate.identity == asked.identity)
    }
    return """
      <div class="answer\(asked.isRight ? "" : " wrong")">
      \(face(asked.probe, name: asked.identity, detail: "probe", isMate: false))
      <span class="arrow" aria-hidden="true">→</span>
      \(candidates.joined())
      </div>
      """
  }

  private static func face(_ path: String?, name: String, detail: String, isMate: Bool) -> String {
    Thumbnail(path: path, name: name, detail: detail, isMate: isMate).html
  }

  private var charts: String {
    let committee = outcome.training.committee
    let epochs = committee.scout?.epochs ?? committee.members.first?.epochs ?? []
    var curves = [
      LineChart.Series(
        name: "loss", points: epochs.map { (Double($0.step), $0.loss) }, color: "var(--one)")
    ]
    let eers = epochs.compactMap { epoch in epoch.eer.map { (x: Double(epoch.step), y: $0) } }
    if !eers.isEmpty {
      curves.append(LineChart.Series(name: "validation EER", points: eers, color: "var(--two)", isDashed: true))
    }
    let training = LineChart(xLabel: "step", yLabel: "loss, EER", series: curves, yRange: Self.fromZero(curves))
    return """
      <h2>How it learned, and how well it tells strangers apart</h2>
      <div class="charts">
      <div class="chart"><h3>Training of the first network</h3>\(training.svg)</div>
      <div class="chart"><h3>ROC on people never seen</h3>\(roc.svg)</div>
      </div>
      """
  }

  /// Each method's receiver operating characteristic.
  var roc: LineChart {
    let colors = ["var(--one)", "var(--two)", "var(--three)"]
    return LineChart(
      xLabel: "false accept rate", yLabel: "true accept rate",
      series: outcome.measured.enumerated().map { index, measured in
        LineChart.Series(
          name: measured.name, points: Self.curve(measured.report.roc ?? [], from: 0.001),
          color: colors[index % colors.count], isDashed: index > 0)
      }, xRange: 0.001...1, yRange: 0...1, isLogarithmic: true)
  }

  /// The curve from a false accept rate on: what lies below is drawn at the edge, once.
  private static func curve(
    _ points: [IdentificationReport.ROCPoint], from edge: Double
  ) -> [(x: Double, y: Double)] {
    let below = points.filter { $0.far <= edge }.map(\.tar).max() ?? 0
    return [(x: edge, y: below)] + points.filter { $0.far > edge }.map { (x: $0.far, y: $0.tar) } + [(x: 1, y: 1)]
  }

  private static func fromZero(_ series: [LineChart.Series]) -> ClosedRange<Double> {
    0...max(0.01, (series.flatMap { $0.points.map(\.y) }.max() ?? 1) * 1.05)
  }

  private var comparison: String {
    let columns: [(String, (IdentificationReport) -> IdentificationReport.Figure)] = [
      ("EER", \.eer), ("TAR at FAR 1 %", \.tarAtFAR1Percent), ("rank-1, 1 picture", \.rank1With1),
      ("rank-1, 5 pictures", \.rank1With5), ("DIR at FPIR 1 %", \.dirAtFPIR1Percent), ("MAP@R", \.mapAtR),
    ]
    let heads = columns.map { "<th>\($0.0)</th>" }.joined()
    let rows = outcome.measured.map { measured in
      let cells = columns.map { column in
        let figure = column.1(measured.report)
        let interval =
          if let low = figure.low, let high = figure.high {
            String(format: " <span class=\"soft\">%.3f–%.3f</span>", low, high)
          } else { "" }
        return "<td>" + String(format: "%.3f", figure.value) + interval + "</td>"
      }
      return "<tr><td>\(escaped(measured.name))</td>\(cells.joined())</tr>"
    }
    return """
      <h2>Beside the classics, on the same unseen people</h2>
      <p class="soft">With 95 % bootstrap intervals over the \(outcome.info.identities) people: few people, wide intervals.</p>
      <div class="scroll"><table><tr><th>method</th>\(heads)</tr>\(rows.joined())</table></div>
      """
  }

  private var gallery: String {
    """
    <h2>The gallery</h2>
    <p>One SQLite file holds it all: identities, embeddings, and the embedder itself.</p>
    <pre>\(escaped(outcome.info.text))</pre>
    <pre>sqlite3 \(escaped(outcome.galleryPath)) 'SELECT * FROM identities ORDER BY embeddings DESC LIMIT 5'</pre>
    """
  }

  private static func percent(_ share: Double) -> String {
    String(format: "%.1f %%", share * 100)
  }
}
