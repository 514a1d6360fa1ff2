import LikenessTraining
import Networks
import Testing

@Suite("Changes of drawings")
struct DrawingAugmentationTests {
  private let planes: [Float] = {
    var random = SeededRandom(seed: 6)
    return (0..<3 * 20 * 20).map { _ in Float(random.uniform()) }
  }()

  private func changed(_ augmentation: DrawingAugmentation, seed: UInt64) -> [Float] {
    var random = SeededRandom(seed: seed)
    var source = planes
    return [Float](unsafeUninitializedCapacity: planes.count) { target, count in
      target.initialize(repeating: 0)
      source.withUnsafeMutableBufferPointer {
        augmentation.apply(to: $0, shape: [3, 20, 20], into: target, random: &random)
      }
      count = planes.count
    }
  }

  @Test("without ranges nothing changes but rounding")
  func none() {
    let same = changed(DrawingAugmentation(), seed: 1)
    #expect(zip(same, planes).allSatisfy { abs($0 - $1) < 0.01 })
  }

  @Test("the same seed gives the same drawing, within 0…1; others differ")
  func seeds() {
    let drawings = (0..<12).map { changed(.drawings, seed: $0) }
    #expect(drawings.allSatisfy { $0.allSatisfy { (0...1).contains($0) } })
    #expect(changed(.drawings, seed: 3) == drawings[3])
    #expect(Set(drawings).count == drawings.count)
  }

  @Test("lines are made thicker by the darkest of the surroundings, and taken away by the brightest")
  func lines() {
    var thicker = DrawingAugmentation()
    thicker.lines = [1, 0, 0, 0]
    var without = DrawingAugmentation()
    without.lines = [0, 1, 0, 0]
    let (dark, bright) = (changed(thicker, seed: 1), changed(without, seed: 1))
    func mean(_ values: [Float]) -> Float { values.reduce(0, +) / Float(values.count) }
    #expect(mean(dark) < 0.2 && mean(bright) > 0.8)
  }
}
