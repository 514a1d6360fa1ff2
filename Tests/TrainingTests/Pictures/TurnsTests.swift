import Images
import LikenessTraining
import Networks
import Testing

@Suite("What turning does to classes")
struct TurnsTests {
  private static let side = 16

  /// Classes of noisy patterns. Each pattern also holds, weakly, a turn of each of the seven next classes', so
  /// that a turned picture is by construction nearer to another class than its own; the classes of `symmetric` are made
  /// their own mirror images.
  private func inputs(classes: Int = 12, symmetric: Set<Int> = []) throws -> LabelledInputs {
    let (side, area) = (Self.side, Self.side * Self.side)
    let plain = (0..<classes).map { label in
      var own = SeededRandom(seed: UInt64(label))
      return (0..<area).map { _ in Float(own.uniform(-1, 1)) }
    }
    var noise = SeededRandom(seed: 8)
    var (values, labels): ([Float], [Int]) = ([], [])
    for label in 0..<classes {
      var pattern = plain[label]
      for (place, turn) in Turn.allCases.enumerated() {
        let other = Self.turned(plain[(label + place + 1) % classes], turn)
        for i in 0..<area { pattern[i] += 0.5 * other[i] }
      }
      if symmetric.contains(label) {
        for y in 0..<side { for x in 0..<side / 2 { pattern[y * side + side - 1 - x] = pattern[y * side + x] } }
      }
      for _ in 0..<5 {
        values += pattern.map { $0 + Float(noise.uniform(-0.1, 0.1)) }
        labels.append(label)
      }
    }
    return LabelledInputs(
      preprocessing: try Preprocessing(colour: .grey, width: side, height: side), values: values, labels: labels,
      names: (0..<classes).map { "class \($0)" })
  }

  /// A square turned, value by value.
  private static func turned(_ values: [Float], _ turn: Turn) -> [Float] {
    let last = side - 1
    return values.indices.map { place in
      let (row, column) = (place / side, place % side)
      let from =
        switch turn {
        case .mirrored: (row, last - column)
        case .half: (last - row, last - column)
        case .upsideDown: (last - row, column)
        case .quarter: (last - column, row)
        case .threeQuarters: (column, last - row)
        case .transposed: (column, row)
        case .antiTransposed: (last - column, last - row)
        }
      return values[from.0 * side + from.1]
    }
  }

  @Test("pictures that look alike mirrored may be mirrored, and make no other classes")
  func symmetric() throws {
    let inputs = try inputs(symmetric: Set(0..<12))
    let turns = Turns(of: inputs)
    #expect(turns.keepsMirrored && turns.makers.isEmpty)
    #expect(turns.enlarged(inputs).count == inputs.count)
  }

  @Test("pictures that do not are eight times as many classes, each as large as before")
  func turned() throws {
    let inputs = try inputs()
    let turns = Turns(of: inputs)
    #expect(!turns.keepsMirrored)
    #expect(Set(turns.makers) == Set(Turn.allCases))
    let enlarged = turns.enlarged(inputs)
    #expect(enlarged.count == 8 * inputs.count && enlarged.names.count == 8 * 12)
    let counts = Dictionary(grouping: enlarged.labels) { $0 }.mapValues(\.count)
    #expect(counts.count == 8 * 12 && counts.values.allSatisfy { $0 == 5 })
    #expect(Array(enlarged.values.prefix(inputs.values.count)) == inputs.values)
    let (size, mirrored) = (inputs.preprocessing.count, enlarged.names.firstIndex(of: "class 3 mirrored"))
    let row = try #require(enlarged.labels.firstIndex { $0 == mirrored })
    let original = Array(inputs.values[15 * size..<16 * size])
    #expect(Array(enlarged.values[row * size..<(row + 1) * size]) == Self.turned(original, .mirrored))
  }

  @Test("a class that is its own mirror image makes no other class of the mirror")
  func alike() throws {
    let inputs = try inputs(symmetric: [3, 7])
    let turns = Turns(of: inputs)
    #expect(Set(turns.makers) == Set(Turn.allCases))
    let names = Set(turns.enlarged(inputs).names)
    let left = Set((0..<12).map { "class \($0) mirrored" }).subtracting(names)
    #expect(left == ["class 3 mirrored", "class 7 mirrored"])
  }

  @Test("the eight ways of looking at a picture are different ones")
  func different() throws {
    let inputs = try inputs()
    let enlarged = Turns(of: inputs).enlarged(inputs)
    let size = inputs.preprocessing.count
    let firsts = stride(from: 0, to: enlarged.count, by: 5).filter {
      enlarged.names[enlarged.labels[$0]].hasPrefix("class 4")
    }
    .map { Array(enlarged.values[$0 * size..<($0 + 1) * size]) }
    #expect(firsts.count == 8)
    #expect(Set(firsts).count == 8)
    #expect(firsts.allSatisfy { $0.sorted() == firsts[0].sorted() })
  }
}
