import Likeness
import Testing

@Suite("Changes on their way into the graph")
struct OverlayTests {
  @Test("a change that came while an earlier one of the same number went into the graph is not settled with it")
  func sameNumber() {
    var overlay = Overlay()
    // Two looks at all rows, between which the log did not go on: what they found has one number.
    overlay.append(id: 7, Pending(sequence: 3, vector: [1]))
    let first = overlay.take(upTo: .max, limit: 10)
    overlay.append(id: 7, Pending(sequence: 3, vector: [2]))
    overlay.settle(first.map { ($0.id, $0.pending.stamp) })
    #expect(overlay[7]?.vector == [2])
    let second = overlay.take(upTo: .max, limit: 10)
    #expect(second.map(\.id) == [7] && second.first?.pending.vector == [2])
    overlay.settle(second.map { ($0.id, $0.pending.stamp) })
    #expect(overlay[7] == nil)
  }

  @Test("of several changes of an embedding the last goes into the graph, once")
  func once() {
    var overlay = Overlay()
    for value in 1...5 { overlay.append(id: 1, Pending(sequence: Int64(value), vector: [Float(value)])) }
    overlay.append(id: 2, Pending(sequence: 6, vector: nil))
    #expect(overlay.take(upTo: 4, limit: 10).isEmpty)
    let batch = overlay.take(upTo: 6, limit: 10)
    #expect(batch.map(\.id) == [1, 2] && batch.first?.pending.vector == [5])
    #expect(overlay.take(upTo: .max, limit: 10).isEmpty)
  }
}
