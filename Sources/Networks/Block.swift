import CNetworks

/// [Convolution], [batch normalisation], [activation], [max pooling], computed together.
///
/// Forward, a tile at a time: z by the convolution's method, its moments while it is in the cache; then, once the batch's
/// statistics are known, y = act(a (z* - centre) + b) with z* the value of each window that wins. Only z, z* and y are kept.
///
/// Backward, dz = base + factor (z - centre) (+ a g at z*) is made a tile at a time and used at once.
final class Block: Stage {
  let plan: BlockPlan
  let method: (any ConvolutionMethod)?
  let weight: Parameter?
  let bias: Parameter?
  let normalization: BatchNormalization?

  var z = FloatBuffer(count: 0)
  var selected = FloatBuffer(count: 0)
  var y = FloatBuffer(count: 0)
  /// The weights as the method wants them, made anew in every forward pass.
  let prepared: FloatBuffer
  /// The slices' weight gradients, and after them their sum.
  var weightPartials = FloatBuffer(count: 0)
  var input: UnsafePointer<Float>?
  /// y = act(a (z - centre) + b); dz = base + factor (z - centre) + a g.
  let a: FloatBuffer
  let centre: FloatBuffer
  let b: FloatBuffer
  let base: FloatBuffer
  let factor: FloatBuffer
  let sliceSums: DoubleBuffer
  let sliceRows: UnsafeMutablePointer<Int>

  var channels: Int { plan.middle.channels }
  var inputCount: Int { plan.input.count }
  var middleCount: Int { plan.middle.count }
  var outputCount: Int { plan.output.count }
  /// The convolution's output, or the block's input where it has none.
  var zBase: UnsafePointer<Float>? { weight == nil ? input : UnsafePointer(z.base) }

  init(_ plan: BlockPlan) {
    self.plan = plan
    let channels = plan.middle.channels
    if let convolution = plan.convolution {
      weight = Parameter(
        name: "\(convolution.layer).weight",
        shape: [channels, plan.input.channels, convolution.kernel, convolution.kernel], isDecayed: true)
      bias =
        convolution.bias
        ? Parameter(name: "\(convolution.layer).bias", shape: [channels], isDecayed: false) : nil
    } else {
      weight = nil
      bias = nil
    }
    method = plan.method
    prepared = FloatBuffer(count: method?.preparedCount ?? 0)
    let bias = self.bias
    normalization = plan.normalization.map { BatchNormalization(layer: $0, channels: channels, bias: bias) }
    a = FloatBuffer(count: channels)
    a.base.update(repeating: 1, count: channels)
    centre = FloatBuffer(count: channels)
    b = FloatBuffer(count: channels)
    base = FloatBuffer(count: channels)
    factor = FloatBuffer(count: channels)
    sliceSums = DoubleBuffer(count: 2 * channels * (Pass.mostSlices + 1))
    sliceRows = .allocate(capacity: Pass.mostSlices)
    sliceRows.initialize(repeating: 0, count: Pass.mostSlices)
  }

  deinit {
    sliceRows.deallocate()
  }

  var parameters: [Parameter] {
    [weight, bias, normalization?.gamma, normalization?.beta].compactMap { $0 }
  }

  var statistics: [StoredTensor] {
    normalization.map { [$0.runningMean, $0.runningVariance] } ?? []
  }

  /// A few vectors of channels, then dz of a tile and the method's own.
  var scratchCount: Int {
    guard let method else { return vectorScratch }
    return vectorScratch + method.tiling.positions * channels + method.backwardScratch
  }
  var vectorScratch: Int { 4 * channels + 64 }

  func reserve(_ pass: Pass) {
    if weight != nil { FloatBuffer.reserve(&z, count: pass.images * middleCount) }
    if plan.pool > 1 { FloatBuffer.reserve(&selected, count: pass.images * outputCount) }
    FloatBuffer.reserve(&y, count: pass.images * outputCount)
    FloatBuffer.reserve(&weightPartials, count: (Pass.mostSlices + 1) * prepared.count)
  }

  func sums(ofSlice slice: Int) -> UnsafeMutablePointer<Double> {
    sliceSums.base + 2 * channels * slice
  }
}

/// Memory for double-precision sums.
final class DoubleBuffer {
  let base: UnsafeMutablePointer<Double>

  init(count: Int) {
    base = .allocate(capacity: count)
    base.initialize(repeating: 0, count: count)
  }

  deinit {
    base.deallocate()
  }
}
