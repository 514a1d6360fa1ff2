extension ONNXGraph {
  /// Adds a trained network, as it is used: `[n] + architecture.input` to `[n] + architecture.outputShape`.
  package mutating func network(_ member: EmbeddingModel.Member, _ input: Value) -> Value {
    var value = input
    for (index, layer) in member.architecture.layers.enumerated() {
      func weight(_ role: String) -> Tensor? { member.weights["\(index).\(role)"] }
      value = self.layer(layer, value, from: member.architecture.shapes[index], weight: weight)
    }
    return value
  }

  private mutating func layer(
    _ layer: LayerSpecification, _ value: Value, from shape: FeatureShape, weight: (String) -> Tensor?
  ) -> Value {
    switch layer {
    case .convolution(_, let kernel, let stride, let padding, _):
      let tensors = [weight("weight"), weight("bias")].compactMap { $0 }.map { constant($0) }
      return node(
        "Conv", [value] + tensors,
        attributes: [
          ("kernel_shape", .ints([kernel, kernel])), ("strides", .ints([stride, stride])),
          ("pads", .ints([padding, padding, padding, padding])),
        ])
    case .batchNormalization:
      let tensors = ["weight", "bias", "running_mean", "running_var"].compactMap(weight).map { constant($0) }
      return node("BatchNormalization", [value] + tensors, attributes: [("epsilon", .float(1e-5))])
    case .relu:
      return node("Relu", value)
    case .leakyReLU(let slope):
      return node("LeakyRelu", value, attributes: [("alpha", .float(Float(slope)))])
    case .maxPooling(let size, let stride):
      return node(
        "MaxPool", value,
        attributes: [("kernel_shape", .ints([size, size])), ("strides", .ints([stride, stride]))])
    case .averagePooling(let size, let stride):
      return node(
        "AveragePool", value,
        attributes: [("kernel_shape", .ints([size, size])), ("strides", .ints([stride, stride]))])
    case .globalAveragePooling:
      return node("Flatten", node("GlobalAveragePool", value))
    case .flatten:
      return node("Flatten", value)
    case .linear:
      let tensors = [weight("weight"), weight("bias")].compactMap { $0 }.map { constant($0) }
      return node(
        "Gemm", [shape.isSpatial ? node("Flatten", value) : value] + tensors, attributes: [("transB", .int(1))])
    case .sharedLinear(let outputs, let groups, _):
      let tensors = [weight("weight"), weight("bias")].compactMap { $0 }.map { constant($0) }
      let parts = node("Reshape", value, constant([-1, shape.count / groups]))
      let results = node("Gemm", [parts] + tensors, attributes: [("transB", .int(1))])
      return node("Reshape", results, constant([-1, groups * outputs]))
    case .dropout:
      return value
    case .l2Normalization:
      return unit(value)
    }
  }

  /// Rows of length 1: x / max(‖x‖₂, 1e-12).
  package mutating func unit(_ value: Value) -> Value {
    let length = node("ReduceL2", value, attributes: [("axes", .ints([1])), ("keepdims", .int(1))])
    return node("Div", value, node("Max", length, constant(Float(1e-12))))
  }
}
