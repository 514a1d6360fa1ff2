import Images
import Networks

extension ONNXGraph {
  /// Adds all of a preprocessing: decoded pixels `[n, height, width, channels]`, uint8, of any size, to the network's input.
  ///
  /// Which part of the picture is kept, and how its rows and columns are weighed, is computed in the graph from the picture's
  /// size, in float64 as `Images` does it; resampling then is a matrix product along each axis.
  ///
  /// - Parameter framing: what finds each picture's usual part; nil to show pictures as they are.
  mutating func preprocessing(_ preprocessing: Preprocessing, framing: FramingNetwork? = nil, _ pixels: Value) -> Value
  {
    let shape = node("Shape", pixels)
    let (height, width) = (length(shape, axis: 1), length(shape, axis: 2))
    let planes = node(
      "Cast", node("Transpose", pixels, attributes: [("perm", .ints([0, 3, 1, 2]))]), attributes: [("to", .int(1))])
    let (keptHeight, keptWidth) = kept(preprocessing, height: height, width: width)
    let rows = weights(of: height, kept: keptHeight, to: preprocessing.height)
    let columns = node(
      "Transpose", weights(of: width, kept: keptWidth, to: preprocessing.width), attributes: [("perm", .ints([1, 0]))])
    let usual = prepared(preprocessing, planes, rows: rows, columns: columns)
    guard let framing else { return usual }
    return framed(framing, usual) { graph, place in
      let rows = graph.weights(
        of: height, kept: keptHeight, size: place.size, move: place.y, to: preprocessing.height)
      let columns = graph.node(
        "Transpose",
        graph.weights(of: width, kept: keptWidth, size: place.size, move: place.x, to: preprocessing.width),
        attributes: [("perm", .ints([0, 1, 3, 2]))])
      return graph.prepared(preprocessing, planes, rows: rows, columns: columns)
    }
  }

  /// Planes resampled by weights of their rows `[…, count, height]` and of their columns `[…, width, count]`, and normalized.
  private mutating func prepared(
    _ preprocessing: Preprocessing, _ planes: Value, rows: Value, columns: Value
  ) -> Value {
    let resampled = node("MatMul", node("MatMul", rows, planes), columns)
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

  /// The weights `[n, 1, count, length]` of an axis seen through a window for each picture: beyond the axis' ends the outer
  /// pixels are repeated.
  ///
  /// - Parameters:
  ///   - size: `[n, 1, 1]`, its length as a share of what is kept.
  ///   - move: `[n, 1, 1]`, how far its centre is from the middle of what is kept, as a share of that.
  private mutating func weights(of length: Value, kept: Value, size: Value, move: Value, to count: Int) -> Value {
    let (zero, half, one) = (constant(0.0), constant(0.5), constant(1.0))
    let usual = node("Floor", node("Div", node("Sub", length, kept), constant(2.0)))
    let long = node("Mul", size, kept)
    let centre = node("Add", usual, node("Mul", kept, node("Add", move, half)))
    let start = node("Sub", centre, node("Mul", long, half))
    let step = node("Div", long, constant(Double(count)))
    let last = node("Sub", length, one)
    let source = node("Unsqueeze", node("Range", zero, length, one), constant([0, 1]))
    let target = node("Unsqueeze", node("Range", zero, constant(Double(count)), one), constant([0, 2]))
    let low = node("Add", start, node("Mul", target, step))
    let high = node("Add", low, step)
    let begin = node("Where", node("Equal", source, zero), low, node("Max", source, low))
    let end = node("Where", node("Equal", source, last), high, node("Min", node("Add", source, one), high))
    let box = node("Div", node("Max", node("Sub", end, begin), zero), step)
    let middle = node("Sub", node("Add", start, node("Mul", node("Add", target, half), step)), half)
    let clamped = node("Min", node("Max", middle, zero), last)
    let tent = node("Max", node("Sub", one, node("Abs", node("Sub", clamped, source))), zero)
    let chosen = node("Where", node("Greater", step, one), box, tent)
    return node("Unsqueeze", node("Cast", chosen, attributes: [("to", .int(1))]), constant([1]))
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
