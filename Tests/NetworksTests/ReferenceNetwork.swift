import Foundation
import Networks

/// A network in double precision, written as the formulas are: what the fast one must agree with, and what central
/// differences are taken of.
struct ReferenceNetwork {
  let architecture: Architecture
  var weights: [String: [Double]]
  let images: Int

  init(_ network: Network, images: Int) {
    architecture = network.architecture
    weights = network.weights.mapValues { $0.values.map(Double.init) }
    self.images = images
  }

  /// One example a row: channels, height, width.
  private struct Batch {
    var channels: Int
    var height: Int
    var width: Int
    var values: [Double]

    init(_ channels: Int, _ height: Int, _ width: Int, images: Int, values: [Double]? = nil) {
      (self.channels, self.height, self.width) = (channels, height, width)
      self.values = values ?? Array(repeating: 0, count: images * channels * height * width)
    }

    var count: Int { channels * height * width }

    subscript(image: Int, channel: Int, row: Int, column: Int) -> Double {
      get { values[((image * channels + channel) * height + row) * width + column] }
      set { values[((image * channels + channel) * height + row) * width + column] = newValue }
    }
  }

  /// The training pass, dropout left out.
  func forward(_ batch: [Double]) -> [Double] {
    let input = architecture.input
    var x = Batch(
      input[0], input.count == 3 ? input[1] : 1, input.count == 3 ? input[2] : 1, images: images, values: batch)
    for (index, layer) in architecture.layers.enumerated() {
      x = apply(layer, index, to: x)
    }
    return x.values
  }

  private func apply(_ layer: LayerSpecification, _ index: Int, to x: Batch) -> Batch {
    switch layer {
    case .convolution(let outputs, let kernel, let stride, let padding, _):
      return convolve(x, index, outputs: outputs, kernel: kernel, stride: stride, padding: padding)
    case .batchNormalization: return normalize(x, index)
    case .relu: return map(x) { max($0, 0) }
    case .leakyReLU(let slope): return map(x) { $0 > 0 ? $0 : slope * $0 }
    case .maxPooling(let size, let stride): return pool(x, size, stride) { $0.max() ?? 0 }
    case .averagePooling(let size, let stride):
      return pool(x, size, stride) { $0.reduce(0, +) / Double($0.count) }
    case .globalAveragePooling:
      return regroup(x, channels: x.channels) { image, channel in
        let area = x.height * x.width
        let start = (image * x.channels + channel) * area
        return x.values[start..<start + area].reduce(0, +) / Double(area)
      }
    case .flatten: return Batch(x.count, 1, 1, images: images, values: x.values)
    case .linear(let outputs, _):
      let weight = weights["\(index).weight"] ?? []
      let bias = weights["\(index).bias"]
      return regroup(x, channels: outputs) { image, output in
        (0..<x.count).reduce(bias?[output] ?? 0) { $0 + weight[output * x.count + $1] * x.values[image * x.count + $1] }
      }
    case .sharedLinear(let outputs, let groups, _):
      let weight = weights["\(index).weight"] ?? []
      let bias = weights["\(index).bias"]
      let length = x.count / groups
      return regroup(x, channels: groups * outputs) { image, place in
        let (group, output) = (place / outputs, place % outputs)
        return (0..<length).reduce(bias?[output] ?? 0) {
          $0 + weight[output * length + $1] * x.values[image * x.count + group * length + $1]
        }
      }
    case .dropout: return x
    case .l2Normalization:
      var y = x
      for image in 0..<images {
        let range = image * x.count..<(image + 1) * x.count
        let norm = max(1e-12, x.values[range].reduce(0) { $0 + $1 * $1 }.squareRoot())
        for i in range { y.values[i] /= norm }
      }
      return y
    }
  }

  private func map(_ x: Batch, _ body: (Double) -> Double) -> Batch {
    Batch(x.channels, x.height, x.width, images: images, values: x.values.map(body))
  }

  private func regroup(_ x: Batch, channels: Int, _ body: (Int, Int) -> Double) -> Batch {
    var y = Batch(channels, 1, 1, images: images)
    for image in 0..<images {
      for channel in 0..<channels { y.values[image * channels + channel] = body(image, channel) }
    }
    return y
  }

  private func pool(_ x: Batch, _ size: Int, _ stride: Int, _ body: ([Double]) -> Double) -> Batch {
    var y = Batch(x.channels, (x.height - size) / stride + 1, (x.width - size) / stride + 1, images: images)
    for image in 0..<images {
      for channel in 0..<x.channels {
        for row in 0..<y.height {
          for column in 0..<y.width {
            var window: [Double] = []
            for k in 0..<size * size {
              window.append(x[image, channel, row * stride + k / size, column * stride + k % size])
            }
            y[image, channel, row, column] = body(window)
          }
        }
      }
    }
    return y
  }

  private func convolve(
    _ x: Batch, _ index: Int, outputs: Int, kernel: Int, stride: Int, padding: Int
  ) -> Batch {
    let weight = weights["\(index).weight"] ?? []
    let bias = weights["\(index).bias"]
    var y = Batch(
      outputs, (x.height + 2 * padding - kernel) / stride + 1, (x.width + 2 * padding - kernel) / stride + 1,
      images: images)
    for image in 0..<images {
      for output in 0..<outputs {
        for row in 0..<y.height {
          for column in 0..<y.width {
            var sum = bias?[output] ?? 0
            for channel in 0..<x.channels {
              for k in 0..<kernel * kernel {
                let r = row * stride - padding + k / kernel
                let c = column * stride - padding + k % kernel
                guard (0..<x.height).contains(r), (0..<x.width).contains(c) else { continue }
                sum += weight[(output * x.channels + channel) * kernel * kernel + k] * x[image, channel, r, c]
              }
            }
            y[image, output, row, column] = sum
          }
        }
      }
    }
    return y
  }

  private func normalize(_ x: Batch, _ index: Int) -> Batch {
    let gamma = weights["\(index).weight"] ?? []
    let beta = weights["\(index).bias"] ?? []
    var y = x
    let area = x.height * x.width
    for channel in 0..<x.channels {
      let places = (0..<images).flatMap { image in
        let start = (image * x.channels + channel) * area
        return Array(start..<start + area)
      }
      let mean = places.reduce(0) { $0 + x.values[$1] } / Double(places.count)
      let variance = places.reduce(0) { $0 + (x.values[$1] - mean) * (x.values[$1] - mean) } / Double(places.count)
      for place in places {
        y.values[place] =
          (x.values[place] - mean) / (variance + 1e-5).squareRoot() * gamma[channel] + beta[channel]
      }
    }
    return y
  }
}
