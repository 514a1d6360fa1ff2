import Images
import Networks

extension ONNXGraph {
  /// Adds all of a preprocessing: decoded pixels `[n, height, width, channels]`, uint8, of any size, to the network's input.
  ///
  /// Which part of the picture is kept, and how its rows and columns are weighed, is computed in the graph from the picture's
  /// size, in float64 as `Images` does it; resampling then is a matrix product along each axis.
  mutating func preprocessing(_ preprocessing: Preprocessing, _ pixels: Value) -> Value {
    let shape = node("Shape", pixels)
    let (height, width) = (length(shape, axis: 1), length(shape, axis: 2))
    let planes = node(
      "Cast", node("Transpose", pixels, attributes: [("perm", .ints([0, 3, 1, 2]))]), attributes: [("to", .int(1))])
    let (keptHeight, keptWidth) = kept(preprocessing, height: height, width: width)
    let rows = weights(of: height, kept: keptHeight, to: preprocessing.height)
    let columns = weights(of: width, kept: keptWidth, to: preprocessing.width)
    let resampled = node(
      "MatMul", node("MatMul", rows, planes),
      node("Transpose", columns, attributes: [("perm", .ints([1, 0]))]))
    return normalized(preprocessing, node("Div", resampled, constant(Float(255))))
  }

  /// A length of a shape, as a float64 number.
  private mutating func length(_ shape: Value, axis: Int) -> Value {
    let entry = node("Squeeze", node("Gather", shape, constant([axis])), constant([0]))
    return node("Cast", entry, attributes: [("to", .int(11))])
  }

  /// How much of each side is kept around the centre.
  private mutating func kept(_ preprocessing: Preprocessing, height: Value, width: Value) -> (Value, Value) {
    var (h, w) = (height, width)
    if preprocessing.framing == .fill {
      let scale = node(
        "Min", node("Div", width, constant(Double(preprocessing.width))),
        node("Div", height, constant(Double(preprocessing.height))))
      w = node("Mul", constant(Double(preprocessing.width)), scale)
      h = node("Mul", constant(Double(preprocessing.height)), scale)
    }
    return (
      side(node("Mul", h, constant(preprocessing.centralFraction)), most: height),
      side(node("Mul", w, constant(preprocessing.centralFraction)), most: width)
    )
  }

  /// Rounded to a whole number of pixels, at least one and no more than there are.
  private mutating func side(_ ideal: Value, most: Value) -> Value {
    let rounded = node("Floor", node("Add", ideal, constant(0.5)))
    return node("Min", node("Max", rounded, constant(1.0)), most)
  }

  /// The weights `[count, length]` of an axis of which `kept` pixels around the centre are resampled to `count`: exact
  /// overlaps where it shrinks, linear interpolation between pixel centres where it does not.
  private mutating func weights(of length: Value, kept: Value, to count: Int) -> Value {
    let n = constant(Double(count))
    let start = node("Floor", node("Div", node("Sub", length, kept), constant(2.0)))
    let places = node(
      "Sub", node("Range", constant(0.0), length, constant(1.0)), start)
    let source = node("Unsqueeze", places, constant([0]))
    let target = node(
      "Unsqueeze", node("Range", constant(0.0), n, constant(1.0)), constant([1]))
    // In units of 1/count of a pixel every border is whole.
    let one = constant(1.0)
    let low = node("Max", node("Mul", source, n), node("Mul", target, kept))
    let high = node(
      "Min", node("Mul", node("Add", source, one), n),
      node("Mul", node("Add", target, one), kept))
    let box = node("Div", node("Max", node("Sub", high, low), constant(0.0)), kept)
    let half = constant(0.5)
    let centre = node(
      "Sub", node("Div", node("Mul", node("Add", target, half), kept), n), half)
    let clamped = node(
      "Min", node("Max", centre, constant(0.0)), node("Sub", kept, one))
    let tent = node(
      "Max", node("Sub", one, node("Abs", node("Sub", clamped, source))), constant(0.0))
    let chosen = node("Where", node("Less", n, kept), box, tent)
    return node("Cast", chosen, attributes: [("to", .int(1))])
  }

  private mutating func normalized(_ preprocessing: Preprocessing, _ planes: Value) -> Value {
    switch preprocessing.normalization {
    case .none:
      return planes
    case .meanDeviation(let mean, let deviation):
      return node("Div", node("Sub", planes, constant(mean)), constant(deviation))
    case .standardize:
      return standardized(planes, count: preprocessing.count)
    case .standardizeWithLocalContrast:
      return withLocalContrast(preprocessing, standardized(planes, count: preprocessing.count / 2), of: planes)
    case .halfStandardizeWithRootContrast:
      let half = node("Mul", standardized(planes, count: preprocessing.count / 2), constant(Float(0.5)))
      return withLocalContrast(preprocessing, half, of: node("Sqrt", node("Max", planes, constant(Float(0)))))
    }
  }

  /// Mean 0 and deviation 1 over all of a picture's values.
  private mutating func standardized(_ planes: Value, count: Int) -> Value {
    let over: [(String, Attribute)] = [("axes", .ints([1, 2, 3])), ("keepdims", .int(1))]
    let exact = node("Cast", planes, attributes: [("to", .int(11))])
    let centred = node("Sub", exact, node("ReduceMean", exact, attributes: over))
    let variance = node("ReduceMean", node("Mul", centred, centred), attributes: over)
    let deviation = node("Max", node("Sqrt", variance), constant(1 / Double(count).squareRoot()))
    return node("Cast", node("Div", centred, deviation), attributes: [("to", .int(1))])
  }

  private mutating func withLocalContrast(
    _ preprocessing: Preprocessing, _ standardized: Value, of planes: Value
  ) -> Value {
    let contrast = localContrast(planes, width: preprocessing.width, height: preprocessing.height)
    return node("Concat", standardized, contrast, attributes: [("axis", .int(1))])
  }

  /// d / (s + floor) within ±3, with d = x − blur(x) and s = √blur(d²).
  private mutating func localContrast(_ planes: Value, width: Int, height: Int) -> Value {
    let radius = LocalContrast(width: width, height: height).radius
    let rows = constant(Self.blur(height, radius: radius, transposed: false))
    let columns = constant(Self.blur(width, radius: radius, transposed: true))
    func blurred(_ graph: inout ONNXGraph, _ value: Value) -> Value {
      graph.node("MatMul", graph.node("MatMul", rows, value), columns)
    }
    let difference = node("Sub", planes, blurred(&self, planes))
    let spread = node("Sqrt", node("Max", blurred(&self, node("Mul", difference, difference)), constant(Float(0))))
    let contrast = node("Div", difference, node("Add", spread, constant(LocalContrast.floor)))
    return node("Max", node("Min", contrast, constant(Float(3))), constant(Float(-3)))
  }

  /// Two box means along an axis, the edge repeated outwards, as one matrix.
  private static func blur(_ length: Int, radius: Int, transposed: Bool) -> Tensor {
    var box = [Double](repeating: 0, count: length * length)
    for place in 0..<length {
      for offset in -radius...radius {
        box[place * length + min(max(place + offset, 0), length - 1)] += 1 / Double(2 * radius + 1)
      }
    }
    var twice = [Float](repeating: 0, count: length * length)
    for i in 0..<length {
      for j in 0..<length {
        let sum = (0..<length).reduce(0.0) { $0 + box[i * length + $1] * box[$1 * length + j] }
        twice[transposed ? j * length + i : i * length + j] = Float(sum)
      }
    }
    return Tensor(shape: [length, length], values: twice)
  }
}
