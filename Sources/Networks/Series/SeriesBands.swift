import Foundation

/// The discrete Fourier transform of one window's length, gathered into bands.
struct SeriesBands: Sendable, Hashable {
  let window: Int
  /// Bin numbers: band b holds bins `edges[b]..<edges[b + 1]`.
  let edges: [Int]
  /// `[window, 2 bins]`: cosines, then sines, of bins 1, 2, ….
  let basis: [Float]
  /// A line of slope 1 a window over it, of mean 0, such that its product with the samples is their trend.
  let line: [Float]

  var bins: Int { window / 2 }
  var featuresPerChannel: Int { Self.levels + edges.count - 1 }
  /// Features of a channel before those of the bands: mean, deviation, least, greatest, trend, power at frequency zero.
  static let levels = 6

  init(window: Int) {
    self.window = window
    let bins = window / 2
    var edges: [Int] = []
    for index in 0...5 {
      let edge = Int(pow(Double(bins + 1), Double(index) / 5).rounded())
      if edge > (edges.last ?? 0) { edges.append(edge) }
    }
    self.edges = edges
    var basis = [Float](repeating: 0, count: window * 2 * bins)
    for sample in 0..<window {
      for bin in 1...bins {
        // The angle from whole numbers: equal for equal places on the circle.
        let angle = 2 * Double.pi * Double((sample * bin) % window) / Double(window)
        basis[sample * 2 * bins + bin - 1] = Float(cos(angle))
        basis[sample * 2 * bins + bins + bin - 1] = Float(sin(angle))
      }
    }
    self.basis = basis
    let middle = Double(window - 1) / 2
    let squares = (0..<window).reduce(0.0) { $0 + (Double($1) - middle) * (Double($1) - middle) }
    line = (0..<window).map { Float((Double($0) - middle) / squares * middle) }
  }
}
