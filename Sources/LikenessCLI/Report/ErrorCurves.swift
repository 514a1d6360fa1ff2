import LikenessTraining

/// ROC and DET of several methods on the same pairs.
struct ErrorCurves {
  let reports: [(name: String, report: IdentificationReport)]
  /// What identities are called.
  let others: String

  init(reports: [(name: String, report: IdentificationReport)], of others: String) {
    self.reports = reports
    self.others = others
  }

  private static let edge = 0.001
  private static let colors = ["var(--one)", "var(--two)", "var(--three)"]

  var html: String {
    """
    <h2>How well \(others) it never saw are told apart</h2>
    <div class="charts">
    <div class="chart"><h3>ROC</h3>\(roc.svg)</div>
    <div class="chart"><h3>DET: both errors, for every threshold</h3>\(det.svg)</div>
    </div>
    """
  }

  private var roc: LineChart {
    LineChart(
      xLabel: "false accept rate", yLabel: "true accept rate", series: series { $0 }, xRange: Self.edge...1,
      yRange: 0...1, isLogarithmic: true)
  }

  private var det: LineChart {
    LineChart(
      xLabel: "false accept rate", yLabel: "false reject rate", series: series { 1 - $0 }, xRange: Self.edge...1,
      yRange: 0.01...1, isLogarithmic: true, isLogarithmicY: true)
  }

  private func series(_ y: (Double) -> Double) -> [LineChart.Series] {
    reports.enumerated().map { index, one in
      LineChart.Series(
        name: one.name, points: Self.curve(one.report.roc ?? []).map { ($0.x, y($0.y)) },
        color: Self.colors[index % Self.colors.count], isDashed: index > 0)
    }
  }

  /// The curve from a false accept rate on: what lies below is drawn at the edge, once.
  private static func curve(_ points: [IdentificationReport.ROCPoint]) -> [(x: Double, y: Double)] {
    let below = points.filter { $0.far <= edge }.map(\.tar).max() ?? 0
    return [(x: edge, y: below)] + points.filter { $0.far > edge }.map { (x: $0.far, y: $0.tar) } + [(x: 1, y: 1)]
  }
}
