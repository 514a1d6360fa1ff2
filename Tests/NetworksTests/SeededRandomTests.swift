import Networks
import Testing

@Suite("Seeded randomness")
struct SeededRandomTests {
  @Test("the stream of a seed never changes")
  func stream() {
    // xoshiro256** seeded by SplitMix64, as the authors' C code has it.
    var random = SeededRandom(seed: 42)
    #expect((0..<3).map { _ in random.next() } == Self.ofSeed42)
    var zero = SeededRandom(seed: 0)
    #expect(zero.next() == 11_091_344_671_253_066_420)
  }
  static let ofSeed42: [UInt64] = [
    1_546_998_764_402_558_742, 6_990_951_692_964_543_102, 12_544_586_762_248_559_009,
  ]

  @Test("drawn values stay the same on every platform")
  func draws() {
    var random = SeededRandom(seed: 5)
    #expect(random.normal().bitPattern == Self.normalOfSeed5)
    #expect(random.shuffled(Array(0..<8)) == Self.shuffleOfSeed5)
  }
  static let normalOfSeed5: UInt64 = 13_833_101_346_227_476_294
  static let shuffleOfSeed5 = [1, 0, 4, 2, 6, 3, 7, 5]

  @Test("uniform values fill [0, 1) evenly, normal ones have mean 0, variance 1 and the right tails")
  func distributions() {
    var random = SeededRandom(seed: 1)
    let uniform = (0..<100_000).map { _ in random.uniform() }
    #expect(uniform.allSatisfy { $0 >= 0 && $0 < 1 })
    for tenth in 0..<10 {
      let share = uniform.count { Int($0 * 10) == tenth }
      #expect(abs(share - 10_000) < 500)
    }
    let normal = (0..<100_000).map { _ in random.normal() }
    let mean = normal.reduce(0, +) / 100_000
    let variance = normal.reduce(0) { $0 + $1 * $1 } / 100_000
    #expect(abs(mean) < 0.015)
    #expect(abs(variance - 1) < 0.02)
    #expect(abs(normal.count { abs($0) > 1.96 } - 5000) < 350)
  }

  @Test("whole numbers below a bound are all reached, evenly")
  func integers() {
    var random = SeededRandom(seed: 2)
    var counts = [Int](repeating: 0, count: 7)
    for _ in 0..<70_000 { counts[random.integer(below: 7)] += 1 }
    #expect(counts.allSatisfy { abs($0 - 10_000) < 500 })
    #expect((0..<10).allSatisfy { _ in random.integer(below: 1) == 0 })
  }

  @Test("a shuffle loses nothing and reaches every place")
  func shuffling() {
    var random = SeededRandom(seed: 3)
    var firsts = Set<Int>()
    for _ in 0..<200 {
      let shuffled = random.shuffled(Array(0..<9))
      #expect(shuffled.sorted() == Array(0..<9))
      firsts.insert(shuffled[0])
    }
    #expect(firsts.count == 9)
    #expect(random.shuffled([Int]()) == [])
  }

  @Test("a split depends on the key and the seed, not on what was drawn")
  func splitting() {
    var random = SeededRandom(seed: 4)
    var before = random.split(1)
    for _ in 0..<10 { _ = random.next() }
    var after = random.split(1)
    var other = random.split(2)
    var otherSeed = SeededRandom(seed: 5).split(1)
    let first = before.next()
    #expect(first == after.next())
    #expect(first != other.next())
    #expect(first != otherSeed.next())
    let keys = (0..<10_000).map { key in
      var child = random.split(UInt64(key))
      return child.next()
    }
    #expect(Set(keys).count == 10_000)
  }
}
