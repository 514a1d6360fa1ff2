extension ONNXGraph {
  /// Where a picture's usual part is, for each of a batch: float64 `[n, 1, 1]` each.
  package struct FramedPlace {
    /// Its sides, as a share of those of the part that is shown.
    package let size: Value
    /// How far its centre is to the right, as a share of the width.
    package let x: Value
    /// How far its centre is below, as a share of the height.
    package let y: Value
  }

  /// Pictures as prepared from where a network of framing finds their usual part.
  ///
  /// - Parameters:
  ///   - usual: the pictures prepared as they are, `[n] + input`.
  ///   - prepared: adds what prepares them from a place.
  package mutating func framed(
    _ framing: FramingNetwork, _ usual: Value, prepared: (inout ONNXGraph, FramedPlace) -> Value
  ) -> Value {
    var seen = usual
    var place: (logSize: Value, x: Value, y: Value)?
    for look in 1...FramingNetwork.looks {
      var told = told(framing, seen)
      if let before = place {
        let size = node("Exp", before.logSize)
        told = (
          node("Add", before.logSize, told.logSize), node("Add", before.x, node("Mul", size, told.x)),
          node("Add", before.y, node("Mul", size, told.y))
        )
      }
      let (limits, move) = (FramingNetwork.limits.logSize, FramingNetwork.limits.move)
      let held = (
        logSize: clamped(told.logSize, limits.lowerBound, limits.upperBound), x: clamped(told.x, -move, move),
        y: clamped(told.y, -move, move)
      )
      place = held
      var shown = held.logSize
      if look == FramingNetwork.looks { shown = node("Min", shown, constant(FramingNetwork.mostLogSize)) }
      seen = prepared(&self, FramedPlace(size: node("Exp", shown), x: held.x, y: held.y))
    }
    return seen
  }

  /// What the network tells of prepared pictures, the mean with what it tells of their mirror images.
  private mutating func told(_ framing: FramingNetwork, _ seen: Value) -> (logSize: Value, x: Value, y: Value) {
    let input = framing.network.architecture.input
    let (_, columns) = View.mirrored.matrices(height: input[1], width: input[2])
    // The matrix that exchanges left and right is its own transpose.
    let mirrored = node("MatMul", seen, constant(columns))
    let straight = network(framing.network, seen)
    let back = node("Mul", network(framing.network, mirrored), constant(Tensor(shape: [3], values: [1, -1, 1])))
    let units = Tensor(shape: [3], values: FramingNetwork.units.map { $0 / 2 })
    let both = node(
      "Cast", node("Mul", node("Add", straight, back), constant(units)), attributes: [("to", .int(11))])
    func value(_ graph: inout ONNXGraph, _ column: Int) -> Value {
      graph.node(
        "Reshape", graph.node("Gather", both, graph.constant([column]), attributes: [("axis", .int(1))]),
        graph.constant([-1, 1, 1]))
    }
    return (value(&self, 0), value(&self, 1), value(&self, 2))
  }

  private mutating func clamped(_ value: Value, _ least: Double, _ most: Double) -> Value {
    node("Min", node("Max", value, constant(least)), constant(most))
  }
}
