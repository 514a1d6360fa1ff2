import Foundation
import Networks

/// Drawings of figures in colours by two hands, with captions, in a folder that goes when nobody needs it.
final class DrawnCaptions {
  static let colours: [(name: String, rgb: [Double])] = [
    ("red", [220, 30, 30]), ("green", [30, 170, 40]), ("blue", [40, 60, 220]), ("yellow", [240, 210, 20]),
  ]
  static let figures = ["disc", "ring", "bar", "cross", "frame"]

  let path = NSTemporaryDirectory() + "likeness-captions-" + UUID().uuidString
  private(set) var lines: [String] = []

  init(hands: Int = 2, side: Int = 24) throws {
    var random = SeededRandom(seed: 3)
    for hand in 0..<hands {
      try FileManager.default.createDirectory(atPath: "\(path)/hand\(hand)", withIntermediateDirectories: true)
      for colour in Self.colours {
        for (number, figure) in Self.figures.enumerated() {
          let name = "hand\(hand)/\(colour.name)-\(figure).ppm"
          let pixels = Self.draw(number, colour.rgb.map { $0 + random.uniform(-20, 20) }, side, thick: hand)
          try (Data("P6\n\(side) \(side)\n255\n".utf8) + Data(pixels)).write(
            to: URL(fileURLWithPath: "\(path)/\(name)"))
          lines += ["\(name)\t\(colour.name) \(figure)", "\(name)\tfigure | \(colour.name) | \(figure)"]
        }
      }
    }
    try write(lines)
  }

  func write(_ lines: [String]) throws {
    try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: path + "/captions.tsv"))
  }

  private static func draw(_ figure: Int, _ rgb: [Double], _ side: Int, thick: Int) -> [UInt8] {
    var pixels: [UInt8] = []
    let (half, line) = (Double(side) / 2, 1.5 + Double(thick))
    for y in 0..<side {
      for x in 0..<side {
        let (dx, dy) = (Double(x) + 0.5 - half, Double(y) + 0.5 - half)
        let radius = (dx * dx + dy * dy).squareRoot() / half
        let isInside =
          switch figure {
          case 0: radius < 0.7
          case 1: abs(radius - 0.65) * half < line
          case 2: abs(dy) < line * 1.5 && abs(dx) < half * 0.8
          case 3: min(abs(dx), abs(dy)) < line && max(abs(dx), abs(dy)) < half * 0.8
          default: abs(max(abs(dx), abs(dy)) - half * 0.7) < line
          }
        pixels += rgb.map { isInside ? UInt8(min(max($0, 0), 255)) : 255 }
      }
    }
    return pixels
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }
}
