import LikenessTraining

/// What was measured from epoch to epoch, over the steps.
struct CurveChart {
  var title: String
  /// The values' unit.
  var label: String
  var series: [LineChart.Series]
  var yRange: ClosedRange<Double>?
  /// What epochs are counted in.
  var xLabel = "step"

  /// The chart with its title, as HTML; empty where nothing was measured.
  var html: String {
    guard series.contains(where: { !$0.points.isEmpty }) else { return "" }
    let values = series.flatMap { $0.points.map(\.y) }.filter(\.isFinite)
    let largest = values.max() ?? 1
    let lowest = min(0, values.min() ?? 0)
    let range = yRange ?? lowest...max(largest * 1.05, lowest + 0.01)
    let chart = LineChart(xLabel: xLabel, yLabel: label, series: series, yRange: range)
    return "<div class=\"chart\"><h3>\(escaped(title))</h3>\(chart.svg)</div>"
  }

  /// Several of them, under one heading.
  static func section(_ heading: String, _ charts: [CurveChart]) -> String {
    "<h2>\(escaped(heading))</h2>\n<div class=\"charts\">\(charts.map(\.html).joined(separator: "\n"))</div>"
  }
}

extension LineChart.Series {
  /// A line through what epochs say of `value`.
  init<Epoch: TrainedEpoch>(
    _ name: String, _ color: String, of epochs: [Epoch], isDashed: Bool = false, _ value: (Epoch) -> Double?
  ) {
    self.init(
      name: name, points: epochs.compactMap { epoch in value(epoch).map { (x: Double(epoch.step), y: $0) } },
      color: color, isDashed: isDashed)
  }
}
