/// One layer of an ``Architecture``.
///
/// Its JSON is what a model file stores: an object with the layer's name under `layer` and its settings beside it,
/// such as `{"layer":"convolution","outputs":32,"kernel":3,"stride":1,"padding":1,"bias":false}`.
public enum LayerSpecification: Sendable, Hashable {
  /// A square convolution, cross-correlation as everybody computes it, zero-padded on all four sides.
  case convolution(outputs: Int, kernel: Int, stride: Int = 1, padding: Int = 0, bias: Bool = true)
  /// Batch normalisation per channel (Ioffe & Szegedy, 2015), epsilon 1e-5, running statistics with momentum 0.1.
  case batchNormalization
  /// max(x, 0).
  case relu
  /// x where positive, else `slope` x.
  case leakyReLU(slope: Double = 0.01)
  /// The largest value of each `size` x `size` window; windows that do not fit are left out.
  case maxPooling(size: Int, stride: Int)
  /// The mean of each `size` x `size` window; windows that do not fit are left out.
  case averagePooling(size: Int, stride: Int)
  /// The mean of each channel: `[channels]`.
  case globalAveragePooling
  /// `[channels * height * width]`, channel slowest.
  case flatten
  /// y = W x + b.
  case linear(outputs: Int, bias: Bool = true)
  /// The same y = W x + b for each of `groups` parts of equal length that the input is cut into; the results stand end to
  /// end.
  ///
  /// Over moments of a series, k of them a group, this is a convolution of k taps with a stride of k. A stack of it until
  /// one group is left is a stack of dilated convolutions, of dilations 1, k, k², …, computed only where the middle moment
  /// needs it.
  case sharedLinear(outputs: Int, groups: Int, bias: Bool = true)
  /// In training zeroes each value with probability `rate` and scales the others by 1 / (1 - rate).
  case dropout(rate: Double)
  /// x / ‖x‖₂ over each example's values; zero where the norm is zero.
  case l2Normalization
}

extension LayerSpecification {
  /// The largest value of each window of `size`, the windows side by side.
  public static func maxPooling(size: Int) -> LayerSpecification { .maxPooling(size: size, stride: size) }

  /// The name in JSON and in error messages.
  var name: String {
    switch self {
    case .convolution: "convolution"
    case .batchNormalization: "batchNormalization"
    case .relu: "relu"
    case .leakyReLU: "leakyReLU"
    case .maxPooling: "maxPooling"
    case .averagePooling: "averagePooling"
    case .globalAveragePooling: "globalAveragePooling"
    case .flatten: "flatten"
    case .linear: "linear"
    case .sharedLinear: "sharedLinear"
    case .dropout: "dropout"
    case .l2Normalization: "l2Normalization"
    }
  }
}
