import Foundation

/// Lines over two axes, as SVG that takes its colours from the page.
struct LineChart {
  /// One line.
  struct Series {
    var name: String
    var points: [(x: Double, y: Double)]
    /// A CSS colour, `var(--one)` and so on.
    var color: String
    var isDashed = false
  }

  var xLabel: String
  var yLabel: String
  var series: [Series]
  var xRange: ClosedRange<Double>?
  var yRange: ClosedRange<Double>?
  /// Whether the x axis is logarithmic; points at or below zero are then drawn at the left edge.
  var isLogarithmic = false
  /// Whether the y axis is logarithmic; points at or below zero are then drawn at the lower edge.
  var isLogarithmicY = false

  private static let width = 460.0
  private static let height = 300.0
  private static let left = 52.0
  private static let right = 14.0
  private static let top = 14.0
  private static let bottom = 66.0

  /// The chart inside a page, whose colours it takes.
  var svg: String { "<svg \(Self.frame) \(label)>\n\(drawing)\n</svg>" }

  /// The chart as a file of its own, with colours for light and dark surroundings.
  var file: String {
    """
    <svg xmlns="http://www.w3.org/2000/svg" \(Self.frame) \(label) font-family="system-ui, sans-serif">
    <style>\(HTMLPage.colours)</style>
    \(drawing)
    </svg>

    """
  }

  private static let frame = "viewBox=\"0 0 \(Int(width)) \(Int(height))\""
  private var label: String { "role=\"img\" aria-label=\"\(escaped(yLabel)) over \(escaped(xLabel))\"" }

  private var drawing: String {
    let xs = xRange ?? Self.range(series.flatMap { $0.points.map(\.x) })
    let ys = yRange ?? Self.range(series.flatMap { $0.points.map(\.y) })
    let plotWidth = Self.width - Self.left - Self.right
    let plotHeight = Self.height - Self.top - Self.bottom
    func place(x: Double) -> Double {
      let share =
        isLogarithmic
        ? (log10(max(x, xs.lowerBound)) - log10(xs.lowerBound)) / (log10(xs.upperBound) - log10(xs.lowerBound))
        : (x - xs.lowerBound) / (xs.upperBound - xs.lowerBound)
      return Self.left + min(max(share, 0), 1) * plotWidth
    }
    func place(y: Double) -> Double {
      let share =
        isLogarithmicY
        ? (log10(max(y, ys.lowerBound)) - log10(ys.lowerBound)) / (log10(ys.upperBound) - log10(ys.lowerBound))
        : (y - ys.lowerBound) / (ys.upperBound - ys.lowerBound)
      return Self.top + (1 - min(max(share, 0), 1)) * plotHeight
    }

    var parts: [String] = []
    for tick in isLogarithmicY ? Self.decades(ys) : Self.ticks(ys) {
      let y = place(y: tick)
      parts.append(Self.line(Self.left, y, Self.width - Self.right, y, style: "stroke:var(--line)"))
      parts.append(Self.label(Self.left - 7, y + 4, Self.number(tick), anchor: "end"))
    }
    for tick in isLogarithmic ? Self.decades(xs) : Self.ticks(xs) {
      let x = place(x: tick)
      parts.append(
        Self.line(x, Self.top + plotHeight, x, Self.top + plotHeight + 4, style: "stroke:var(--soft)"))
      parts.append(Self.label(x, Self.top + plotHeight + 18, Self.number(tick), anchor: "middle"))
    }
    parts.append(
      Self.line(
        Self.left, Self.top + plotHeight, Self.width - Self.right, Self.top + plotHeight, style: "stroke:var(--soft)"))
    for one in series {
      guard let first = one.points.first else { continue }
      if one.points.count == 1 {
        // A line through one point is nothing that could be seen.
        parts.append(
          String(format: "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" ", place(x: first.x), place(y: first.y))
            + "style=\"fill:\(one.color)\"/>")
        continue
      }
      let path = one.points.map { String(format: "%.1f,%.1f", place(x: $0.x), place(y: $0.y)) }.joined(separator: " ")
      let dash = one.isDashed ? ";stroke-dasharray:5 4" : ""
      parts.append(
        "<polyline points=\"\(path)\" style=\"fill:none;stroke:\(one.color);stroke-width:2;stroke-linejoin:round\(dash)\"/>"
      )
    }
    parts.append(
      Self.label(Self.left + plotWidth / 2, Self.top + plotHeight + 36, escaped(xLabel), anchor: "middle"))
    parts.append(
      """
      <text transform="translate(13 \(Self.top + plotHeight / 2)) rotate(-90)" text-anchor="middle" \
      style="font-size:12px;fill:var(--soft)">\(escaped(yLabel))</text>
      """)
    var x = Self.left
    // Several lines of one kind have their name on one of them.
    for one in series where !one.name.isEmpty {
      parts.append(
        Self.line(
          x, Self.height - 9, x + 18, Self.height - 9,
          style: "stroke:\(one.color);stroke-width:2.5" + (one.isDashed ? ";stroke-dasharray:5 4" : "")))
      parts.append(
        "<text x=\"\(x + 23)\" y=\"\(Self.height - 5)\" style=\"font-size:12px;fill:var(--ink)\">\(escaped(one.name))</text>"
      )
      x += 23 + Double(one.name.count) * 6.6 + 18
    }
    return parts.joined(separator: "\n")
  }

  private static func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, style: String) -> String {
    String(format: "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" ", x1, y1, x2, y2) + "style=\"\(style)\"/>"
  }

  private static func label(_ x: Double, _ y: Double, _ text: String, anchor: String) -> String {
    String(format: "<text x=\"%.1f\" y=\"%.1f\" ", x, y)
      + "text-anchor=\"\(anchor)\" style=\"font-size:12px;fill:var(--soft)\">\(text)</text>"
  }

  private static func number(_ value: Double) -> String {
    abs(value) >= 100 || value == value.rounded() ? String(format: "%.0f", value) : String(format: "%.3g", value)
  }

  /// The values' range, never empty.
  private static func range(_ values: [Double]) -> ClosedRange<Double> {
    let finite = values.filter(\.isFinite)
    guard let low = finite.min(), let high = finite.max() else { return 0...1 }
    return low < high ? low...high : (low - 0.5)...(high + 0.5)
  }

  /// About five round values inside a range.
  private static func ticks(_ range: ClosedRange<Double>) -> [Double] {
    let raw = (range.upperBound - range.lowerBound) / 5
    let magnitude = pow(10, floor(log10(raw)))
    let step = [1, 2, 2.5, 5, 10].map { $0 * magnitude }.first { $0 >= raw } ?? raw
    let first = (range.lowerBound / step).rounded(.up)
    let last = (range.upperBound / step + 1e-9).rounded(.down)
    return first <= last ? stride(from: first, through: last, by: 1).map { $0 * step } : []
  }

  private static func decades(_ range: ClosedRange<Double>) -> [Double] {
    let first = Int(log10(range.lowerBound).rounded(.up))
    let last = Int(log10(range.upperBound).rounded(.down))
    return first <= last ? (first...last).map { pow(10, Double($0)) } : []
  }
}
