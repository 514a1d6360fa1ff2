/// Separable resampling to float values: exact area averages along a side that shrinks, linear interpolation along one
/// that grows.
struct Resampling {
  private let rows: AxisWeights
  private let columns: AxisWeights

  /// By the weights of either axis.
  init(rows: AxisWeights, columns: AxisWeights) {
    self.rows = rows
    self.columns = columns
  }

  /// From a `from` rectangle's size to a `to` size; every side is positive.
  init(from: (width: Int, height: Int), to: (width: Int, height: Int)) {
    rows = AxisWeights(from: from.height, to: to.height)
    columns = AxisWeights(from: from.width, to: to.width)
  }

  /// The resampled values, 0…255, `[height, width, channels]`, of the rectangle at (`x`, `y`) of a picture.
  ///
  /// Rows are combined first: that pass reads every pixel, and whole rows at a time it vectorises.
  func apply(to picture: Picture, x: Int, y: Int) -> [Float] {
    let channels = picture.channels
    let rowLength = columns.input * channels
    let outLength = columns.count * channels
    var row = [Float](repeating: 0, count: rowLength)
    var out = [Float](repeating: 0, count: rows.count * outLength)
    picture.pixels.withUnsafeBufferPointer { pixels in
      row.withUnsafeMutableBufferPointer { row in
        out.withUnsafeMutableBufferPointer { out in
          for outRow in 0..<rows.count {
            row.update(repeating: 0)
            for tap in rows.taps(of: outRow) {
              let start = ((y + rows.source[tap]) * picture.width + x) * channels
              Self.add(UnsafeBufferPointer(rebasing: pixels[start..<(start + rowLength)]), rows.weight[tap], to: row)
            }
            combineColumns(
              UnsafeBufferPointer(row), channels,
              into: UnsafeMutableBufferPointer(rebasing: out[(outRow * outLength)..<((outRow + 1) * outLength)]))
          }
        }
      }
    }
    return out
  }

  private static func add(
    _ pixels: UnsafeBufferPointer<UInt8>, _ weight: Float, to row: UnsafeMutableBufferPointer<Float>
  ) {
    for i in 0..<row.count { row[i] += weight * Float(pixels[i]) }
  }

  private func combineColumns(
    _ row: UnsafeBufferPointer<Float>, _ channels: Int, into out: UnsafeMutableBufferPointer<Float>
  ) {
    for column in 0..<columns.count {
      let taps = columns.taps(of: column)
      for channel in 0..<channels {
        var sum: Float = 0
        for tap in taps { sum += columns.weight[tap] * row[columns.source[tap] * channels + channel] }
        out[column * channels + channel] = sum
      }
    }
  }
}

/// For every output position along one axis, the input positions it is made of and their weights, which add up to 1.
struct AxisWeights {
  let input: Int
  let count: Int
  private var first: [Int] = [0]
  private(set) var source: [Int] = []
  private(set) var weight: [Float] = []

  init(from input: Int, to count: Int) {
    self.input = input
    self.count = count
    for position in 0..<count {
      if count < input { addBox(position) } else { addLinear(position) }
      first.append(source.count)
    }
  }

  /// Of an axis of `input` pixels, the part that begins at `start` and is `length` long, both in pixels; beyond its ends the
  /// outer pixels are repeated.
  init(of input: Int, from start: Double, length: Double, to count: Int) {
    self.input = input
    self.count = count
    let step = length / Double(count)
    for position in 0..<count {
      if step > 1 {
        addBox(from: start + Double(position) * step, length: step)
      } else {
        addLinear(at: start + (Double(position) + 0.5) * step - 0.5)
      }
      first.append(source.count)
    }
  }

  func taps(of position: Int) -> Range<Int> {
    first[position]..<first[position + 1]
  }

  /// Output position i covers input [i·input/count, (i+1)·input/count). In units of 1/count every border is whole.
  private mutating func addBox(_ position: Int) {
    let (low, high) = (position * input, (position + 1) * input)
    for pixel in (low / count)..<((high + count - 1) / count) {
      let overlap = min((pixel + 1) * count, high) - max(pixel * count, low)
      source.append(pixel)
      weight.append(Float(Double(overlap) / Double(input)))
    }
  }

  /// The same where borders are no whole numbers; the outer pixels reach as far as is asked.
  private mutating func addBox(from low: Double, length: Double) {
    let (high, last) = (low + length, Double(input - 1))
    for pixel in Int(min(max(low.rounded(.down), 0), last))...Int(min(max(high.rounded(.up) - 1, 0), last)) {
      let begin = pixel == 0 ? low : max(Double(pixel), low)
      let end = pixel == input - 1 ? high : min(Double(pixel + 1), high)
      guard end > begin else { continue }
      source.append(pixel)
      weight.append(Float((end - begin) / length))
    }
  }

  /// Pixel centres are aligned; beyond the outer centres the edge is repeated.
  private mutating func addLinear(_ position: Int) {
    addLinear(at: (Double(position) + 0.5) * Double(input) / Double(count) - 0.5)
  }

  private mutating func addLinear(at centre: Double) {
    let clamped = min(max(centre, 0), Double(input - 1))
    let low = min(Int(clamped), max(input - 2, 0))
    let share = clamped - Double(low)
    source.append(low)
    weight.append(Float(1 - share))
    guard share > 0 else { return }
    source.append(low + 1)
    weight.append(Float(share))
  }
}

extension Picture {
  /// The picture at another size: exact area averages along a side that shrinks, linear interpolation (pixel centres
  /// aligned, edges repeated) along one that grows. The aspect ratio is not kept.
  ///
  /// Throws `PictureError` unless both sides are positive and their product within 2³².
  public func resized(width: Int, height: Int) throws -> Picture {
    try PictureLimits(maximumPixels: .max).check(width: width, height: height)
    guard width != self.width || height != self.height else { return self }
    let values = Resampling(from: (self.width, self.height), to: (width, height)).apply(to: self, x: 0, y: 0)
    let pixels = values.map { UInt8(min(max($0.rounded(), 0), 255)) }
    return Picture(width: width, height: height, channels: channels, verified: pixels)
  }
}
