import Foundation

extension SeriesFrontEnd {
  /// The descriptions `[moments, count]` of moments of a piece, standardised.
  public func features(of piece: SeriesPiece, at moments: [Int]) -> [Float] {
    var rows = describe(piece, at: moments)
    rows.withUnsafeMutableBufferPointer { rows in
      for start in stride(from: 0, to: rows.count, by: count) {
        for column in 0..<count {
          let value = (rows[start + column] - mean[column]) / deviation[column]
          rows[start + column] = min(max(value, -5), 5)
        }
      }
    }
    return rows
  }

  /// The same, before it is standardised.
  func describe(_ piece: SeriesPiece, at moments: [Int]) -> [Float] {
    MatrixProduct.prepare()
    let channels = sampling.channels.count
    let samples = piece.values.count / channels
    var result = [Float](repeating: 0, count: moments.count * features)
    // Channel after channel, in units of the training data's deviation.
    let count = channels + axes.count
    let values = Self.lengthened(piece.values, width: channels, axes, origins)
    var planes = [Float](repeating: 0, count: values.count)
    for plane in 0..<count {
      for sample in 0..<samples {
        let value = (values[sample * count + plane] - centre[plane]) / scale[plane]
        // Squares of what is farther out, summed over a window and squared again, are beyond Float's numbers.
        planes[plane * samples + sample] = min(max(value, -Self.farthest), Self.farthest)
      }
    }
    var pairsAt = bands.reduce(0) { $0 + count * $1.featuresPerChannel }
    var place = 0
    for (index, bands) in bands.enumerated() {
      let wantsPairs = (index == 1 || index == 2) && Self.pairs(channels) > 0
      for start in stride(from: 0, to: moments.count, by: Self.batch) {
        let part = moments[start..<min(start + Self.batch, moments.count)]
        describe(
          planes, samples: samples, at: part, bands, into: &result, column: place, pairs: wantsPairs ? pairsAt : nil)
      }
      place += count * bands.featuresPerChannel
      if wantsPairs { pairsAt += Self.pairs(channels) }
    }
    return result
  }

  private var features: Int { mean.count }
  private static var batch: Int { 64 }
  /// In deviations of the training data.
  private static var farthest: Float { 1e7 }

  private func describe(
    _ planes: [Float], samples: Int, at moments: ArraySlice<Int>, _ bands: SeriesBands, into result: inout [Float],
    column: Int, pairs: Int?
  ) {
    let channels = sampling.channels.count + axes.count
    let (window, bins, per) = (bands.window, bands.bins, bands.featuresPerChannel)
    let rows = moments.count * channels
    var centred = [Float](repeating: 0, count: rows * window)
    var deviations = [Float](repeating: 0, count: rows)
    for (number, moment) in moments.enumerated() {
      let start = max(0, min(moment - window / 2, samples - window))
      let base = (moments.startIndex + number) * features + column
      for channel in 0..<channels {
        let row = (number * channels + channel) * window
        var (sum, least, greatest) = (Float(0), Float.infinity, -Float.infinity)
        for offset in 0..<window {
          // Beyond the end of a piece shorter than the window its last value goes on.
          let value = planes[channel * samples + min(start + offset, samples - 1)]
          centred[row + offset] = value
          sum += value
          least = min(least, value)
          greatest = max(greatest, value)
        }
        let mean = sum / Float(window)
        var (squares, trend) = (Float(0), Float(0))
        for offset in 0..<window {
          let value = centred[row + offset] - mean
          centred[row + offset] = value
          squares += value * value
          trend += value * bands.line[offset]
        }
        let deviation = (squares / Float(window)).squareRoot()
        deviations[number * channels + channel] = deviation
        let target = base + channel * per
        result[target] = mean
        result[target + 1] = deviation
        result[target + 2] = least
        result[target + 3] = greatest
        result[target + 4] = trend
        // Zero is where the sensor has it, not the mean of the data.
        let origin = origins[channel] == 0 ? 0 : origins[channel] / Double(scale[channel])
        let level = Double(mean + centre[channel] / scale[channel]) + origin
        result[target + 5] = Float(log(level * level + 1e-3))
      }
    }
    var spectrum = [Float](repeating: 0, count: rows * 2 * bins)
    MatrixProduct.multiply(m: rows, n: 2 * bins, k: window, centred, bands.basis, into: &spectrum)
    for row in 0..<rows {
      let (number, channel) = (row / channels, row % channels)
      let target = (moments.startIndex + number) * features + column + channel * per + SeriesBands.levels
      for band in 0..<bands.edges.count - 1 {
        var power = Float(0)
        for bin in bands.edges[band]..<min(bands.edges[band + 1], bins + 1) {
          let (cosine, sine) = (spectrum[row * 2 * bins + bin - 1], spectrum[row * 2 * bins + bins + bin - 1])
          power += cosine * cosine + sine * sine
        }
        result[target + band] = Float(log(Double(power) / Double(window * window) + 1e-6))
      }
    }
    guard let pairs else { return }
    for number in 0..<moments.count {
      var target = (moments.startIndex + number) * features + pairs
      for one in 0..<sampling.channels.count - 1 {
        for other in one + 1..<sampling.channels.count {
          let (left, right) = (number * channels + one, number * channels + other)
          var product = Float(0)
          for offset in 0..<window { product += centred[left * window + offset] * centred[right * window + offset] }
          result[target] = product / Float(window) / ((deviations[left] + 0.01) * (deviations[right] + 0.01))
          target += 1
        }
      }
    }
  }
}
