import Foundation

/// Points on a plane, a colour and a shape a group, as SVG that takes its other colours from the page.
struct ScatterChart {
  /// Points that belong together.
  struct Group {
    var name: String
    var points: [(x: Double, y: Double)]
  }

  var groups: [Group]
  /// How many groups are named, the first ones; nil for all where they are few.
  var named: Int?

  private static let side = 620.0
  private static let height = 460.0
  private static let border = 30.0

  var svg: String {
    let points = groups.flatMap(\.points)
    let xs = Self.range(points.map(\.x))
    let ys = Self.range(points.map(\.y))
    // One scale for both axes: distances on the map are distances.
    let scale = min(
      (Self.side - 2 * Self.border) / (xs.upperBound - xs.lowerBound),
      (Self.height - 2 * Self.border) / (ys.upperBound - ys.lowerBound))
    func place(_ point: (x: Double, y: Double)) -> (x: Double, y: Double) {
      (
        Self.side / 2 + (point.x - (xs.lowerBound + xs.upperBound) / 2) * scale,
        Self.height / 2 - (point.y - (ys.lowerBound + ys.upperBound) / 2) * scale
      )
    }
    var parts: [String] = []
    for (index, group) in groups.enumerated() {
      let color = Self.color(index, of: groups.count)
      for point in group.points.map(place) {
        parts.append(Self.mark(index, x: point.x, y: point.y, color: color, name: group.name))
      }
    }
    for group in groups.prefix(named ?? (groups.count <= 40 ? groups.count : 0)) where !group.points.isEmpty {
      let count = Double(group.points.count)
      let centre = place((group.points.reduce(0) { $0 + $1.x } / count, group.points.reduce(0) { $0 + $1.y } / count))
      parts.append(
        String(format: "<text x=\"%.1f\" y=\"%.1f\" ", centre.x, centre.y - 7)
          + "text-anchor=\"middle\" style=\"font-size:11px;fill:var(--ink);paint-order:stroke;stroke:var(--card);"
          + "stroke-width:3px\">\(escaped(Self.short(group.name)))</text>")
    }
    return """
      <svg viewBox="0 0 \(Int(Self.side)) \(Int(Self.height))" role="img" aria-label="map of the embeddings">
      \(parts.joined(separator: "\n"))
      </svg>
      """
  }

  /// Neighbouring groups differ in colour and in shape.
  private static func mark(_ index: Int, x: Double, y: Double, color: String, name: String) -> String {
    let title = "<title>\(escaped(name))</title>"
    let style = "style=\"fill:\(color);fill-opacity:.8\""
    switch index % 3 {
    case 0: return String(format: "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" ", x, y) + "\(style)>\(title)</circle>"
    case 1:
      return String(format: "<rect x=\"%.1f\" y=\"%.1f\" width=\"7\" height=\"7\" ", x - 3.5, y - 3.5)
        + "\(style)>\(title)</rect>"
    default:
      return String(
        format: "<path d=\"M%.1f %.1fl4.6 8h-9.2z\" ", x, y - 5) + "\(style)>\(title)</path>"
    }
  }

  /// Turned by the golden angle, so that neighbours are far apart.
  private static func color(_ index: Int, of count: Int) -> String {
    "hsl(\(Int((Double(index) * 137.508).truncatingRemainder(dividingBy: 360))) 62% 50%)"
  }

  private static func short(_ name: String) -> String {
    name.count <= 14 ? name : "…" + name.suffix(13)
  }

  private static func range(_ values: [Double]) -> ClosedRange<Double> {
    guard let low = values.min(), let high = values.max(), low < high else { return -1...1 }
    return low...high
  }
}
