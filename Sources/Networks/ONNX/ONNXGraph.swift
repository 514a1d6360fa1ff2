import Foundation

/// A graph in the Open Neural Network Exchange format, built a node at a time (onnx.proto3, operator set 17).
///
/// Field numbers: Model ir_version 1, producer_name 2, producer_version 3, graph 7, opset_import 8, metadata_props 14; Graph
/// node 1, name 2, initializer 5, input 11, output 12; Node input 1, output 2, name 3, op_type 4, attribute 5; Attribute name
/// 1, f 2, i 3, ints 8, type 20; Tensor dims 1, data_type 2, name 8, raw_data 9.
package struct ONNXGraph {
  /// The name of a value within the graph.
  package struct Value: Hashable, Sendable {
    let name: String
  }

  /// What the elements of a value are.
  package enum Element: Int, Sendable {
    case float32 = 1
    case uint8 = 2
    case int64 = 7
    case float64 = 11
  }

  /// A setting of a node.
  package enum Attribute: Sendable {
    case int(Int)
    case ints([Int])
    case float(Float)
  }

  private var graph = ProtobufMessage()
  private var count = 0
  private var constants: [Data: Value] = [:]

  /// An empty graph.
  package init() {}

  /// Adds a node and returns its result.
  package mutating func node(
    _ operation: String, _ inputs: Value..., attributes: [(String, Attribute)] = [], named name: String? = nil
  ) -> Value {
    node(operation, inputs, attributes: attributes, named: name)
  }

  /// Adds a node and returns its result.
  package mutating func node(
    _ operation: String, _ inputs: [Value], attributes: [(String, Attribute)] = [], named name: String? = nil
  ) -> Value {
    let output = Value(name: name ?? fresh(operation))
    var node = ProtobufMessage()
    for input in inputs { node.add(1, input.name) }
    node.add(2, output.name)
    node.add(3, output.name + "/node")
    node.add(4, operation)
    for (name, attribute) in attributes {
      var message = ProtobufMessage()
      message.add(1, name)
      switch attribute {
      case .int(let value):
        message.add(3, value)
        message.add(20, 2)
      case .ints(let values):
        for value in values { message.add(8, value) }
        message.add(20, 7)
      case .float(let value):
        message.add(2, value)
        message.add(20, 1)
      }
      node.add(5, message)
    }
    graph.add(1, node)
    return output
  }

  /// A constant tensor of float32.
  package mutating func constant(_ tensor: Tensor) -> Value {
    var data = Data(capacity: 4 * tensor.count)
    tensor.withUnsafeBufferPointer { values in
      for value in values { withUnsafeBytes(of: value.bitPattern.littleEndian) { data.append(contentsOf: $0) } }
    }
    return constant(.float32, shape: tensor.shape, data)
  }

  /// A constant number of float32.
  package mutating func constant(_ value: Float) -> Value {
    constant(Tensor(shape: [], values: [value]))
  }

  /// A constant number of float64.
  package mutating func constant(_ value: Double) -> Value {
    constant(.float64, shape: [], withUnsafeBytes(of: value.bitPattern.littleEndian) { Data($0) })
  }

  /// A constant list of int64.
  package mutating func constant(_ values: [Int]) -> Value {
    var data = Data()
    for value in values { withUnsafeBytes(of: Int64(value).littleEndian) { data.append(contentsOf: $0) } }
    return constant(.int64, shape: [values.count], data)
  }

  private mutating func constant(_ element: Element, shape: [Int], _ data: Data) -> Value {
    // The message without its name says whether the same constant is there already.
    var message = ProtobufMessage()
    if !shape.isEmpty { message.add(1, packed: shape) }
    message.add(2, element.rawValue)
    message.add(9, data)
    if let known = constants[message.bytes] { return known }
    let value = Value(name: fresh("constant"))
    constants[message.bytes] = value
    message.add(8, value.name)
    graph.add(5, message)
    return value
  }

  /// The graph's input; nil stands for a length that is open, under the name given.
  package mutating func input(_ name: String, _ element: Element, shape: [(name: String, length: Int?)]) -> Value {
    graph.add(11, Self.valueInfo(name, element, shape))
    return Value(name: name)
  }

  /// Declares a value to be the graph's output.
  package mutating func output(_ value: Value, shape: [(name: String, length: Int?)]) {
    graph.add(12, Self.valueInfo(value.name, .float32, shape))
  }

  private static func valueInfo(
    _ name: String, _ element: Element, _ shape: [(name: String, length: Int?)]
  ) -> ProtobufMessage {
    var dimensions = ProtobufMessage()
    for one in shape {
      var dimension = ProtobufMessage()
      if let length = one.length { dimension.add(1, length) } else { dimension.add(2, one.name) }
      dimensions.add(1, dimension)
    }
    var tensor = ProtobufMessage()
    tensor.add(1, element.rawValue)
    tensor.add(2, dimensions)
    var type = ProtobufMessage()
    type.add(1, tensor)
    var info = ProtobufMessage()
    info.add(1, name)
    info.add(2, type)
    return info
  }

  private mutating func fresh(_ prefix: String) -> String {
    count += 1
    return "\(prefix)_\(count)"
  }

  /// The model file; the same graph gives the same bytes.
  package func encoded(name: String, metadata: [String: String]) -> Data {
    var named = graph
    named.add(2, name)
    var operators = ProtobufMessage()
    operators.add(1, "")
    operators.add(2, 17)
    var model = ProtobufMessage()
    model.add(1, 8)
    model.add(2, "likeness")
    model.add(7, named)
    model.add(8, operators)
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
      var entry = ProtobufMessage()
      entry.add(1, key)
      entry.add(2, value)
      model.add(14, entry)
    }
    return model.bytes
  }
}
