import Images
import LikenessTraining
import Networks
import Testing

@Suite("What turning does to classes")
struct TurnsTests {
  /// Classes of noisy patterns; with `isSymmetric` every pattern is its own mirror image.
  private func inputs(classes: Int = 12, isSymmetric: Bool) throws -> LabelledInputs {
    let side = 16
    var noise = SeededRandom(seed: 8)
    var (values, labels): ([Float], [Int]) = ([], [])
    for label in 0..<classes {
      var own = SeededRandom(seed: UInt64(label))
      var pattern = (0..<side * side).map { _ in own.uniform() }
      if isSymmetric {
        for y in 0..<side { for x in 0..<side / 2 { pattern[y * side + side - 1 - x] = pattern[y * side + x] } }
      }
      for _ in 0..<5 {
        values += pattern.map { Float($0 + noise.uniform(-0.1, 0.1)) }
        labels.append(label)
      }
    }
    return LabelledInputs(
      preprocessing: try Preprocessing(colour: .grey, width: side, height: side), values: values, labels: labels,
      names: (0..<classes).map { "class \($0)" })
  }

  @Test("pictures that look alike mirrored may be mirrored, and make no other classes")
  func symmetric() throws {
    let inputs = try inputs(isSymmetric: true)
    let turns = Turns(of: inputs)
    #expect(turns.keepsMirrored && turns.makers.isEmpty)
    #expect(turns.enlarged(inputs).count == inputs.count)
  }

  @Test("pictures that do not are eight times as many classes, each as large as before")
  func turned() throws {
    let inputs = try inputs(isSymmetric: false)
    let turns = Turns(of: inputs)
    #expect(!turns.keepsMirrored)
    #expect(Set(turns.makers) == Set(Turn.allCases))
    let enlarged = turns.enlarged(inputs)
    // By chance some of the few classes look like their own turned.
    #expect(enlarged.count > 5 * inputs.count && enlarged.count <= 8 * inputs.count)
    #expect(Set(enlarged.labels).count == enlarged.names.count && enlarged.count == 5 * enlarged.names.count)
    let counts = Dictionary(grouping: enlarged.labels) { $0 }.mapValues(\.count)
    #expect(counts.values.allSatisfy { $0 == 5 })
    #expect(Array(enlarged.values.prefix(inputs.values.count)) == inputs.values)
  }

  @Test("the eight ways of looking at a picture are different ones")
  func different() throws {
    let inputs = try inputs(classes: 4, isSymmetric: false)
    let enlarged = Turns(of: inputs).enlarged(inputs)
    let size = inputs.preprocessing.count
    let firsts = stride(from: 0, to: enlarged.count, by: 5).filter {
      enlarged.names[enlarged.labels[$0]].hasPrefix("class 0")
    }
    .map { Array(enlarged.values[$0 * size..<($0 + 1) * size]) }
    #expect(firsts.count > 1)
    #expect(Set(firsts).count == firsts.count)
    #expect(firsts.allSatisfy { $0.sorted() == firsts[0].sorted() })
  }
}
