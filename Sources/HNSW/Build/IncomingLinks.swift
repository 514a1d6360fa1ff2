/// Who chose whom in a round: for every node that was chosen on a level, those who chose it, in their order.
struct IncomingLinks: Sendable {
  /// The chosen nodes, in ascending order.
  let targets: [Slot]
  private let starts: [Int]
  private let list: [Slot]

  init(nodes: [Slot], proposals: [[Proposal]], level: Int, graph: Graph) {
    func each(_ body: (_ target: Slot, _ source: Slot) -> Void) {
      for (i, source) in nodes.enumerated() {
        for proposal in proposals[i] where proposal.level == level {
          for target in proposal.row.prefix(proposal.diverse) { body(target, source) }
        }
      }
    }
    var total = 0
    each { _, _ in total += 1 }
    let end = graph.slotEnd.load(ordering: .relaxed)
    if total < end / 16 {
      var pairs: [(target: Slot, order: Int, source: Slot)] = []
      pairs.reserveCapacity(total)
      each { pairs.append(($0, pairs.count, $1)) }
      pairs.sort { $0.target != $1.target ? $0.target < $1.target : $0.order < $1.order }
      var targets: [Slot] = []
      var starts: [Int] = []
      for (i, pair) in pairs.enumerated() where pair.target != targets.last {
        targets.append(pair.target)
        starts.append(i)
      }
      self.targets = targets
      self.starts = starts + [total]
      list = pairs.map(\.source)
      return
    }
    // A counting sort: one place a node.
    var places = [Int](repeating: 0, count: end + 1)
    each { target, _ in places[Int(target) + 1] += 1 }
    var targets: [Slot] = []
    var starts: [Int] = []
    for slot in 0..<end {
      if places[slot + 1] > 0 {
        targets.append(UInt32(slot))
        starts.append(places[slot])
      }
      places[slot + 1] += places[slot]
    }
    var list = [Slot](repeating: 0, count: total)
    list.withUnsafeMutableBufferPointer { list in
      places.withUnsafeMutableBufferPointer { places in
        each { target, source in
          list[places[Int(target)]] = source
          places[Int(target)] += 1
        }
      }
    }
    self.targets = targets
    self.starts = starts + [total]
    self.list = list
  }

  /// Those who chose the i-th target.
  func sources(_ i: Int) -> ArraySlice<Slot> { list[starts[i]..<starts[i + 1]] }
}
