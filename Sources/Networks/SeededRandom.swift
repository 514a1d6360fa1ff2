/// A seeded source of randomness whose stream is the same on every platform and in every version.
///
/// The generator is xoshiro256** (Blackman & Vigna, 2018), its state filled by SplitMix64. Drawing methods use only
/// IEEE arithmetic that rounds alike everywhere, and none of the standard library's algorithms, which may change.
///
///     var random = SeededRandom(seed: 7)
///     let rotation = random.uniform(-10, 10)
///     var ofPicture = random.split(42)      // the same whatever was drawn from `random` before
public struct SeededRandom: RandomNumberGenerator, Sendable {
  private let seed: UInt64
  private var state: (UInt64, UInt64, UInt64, UInt64)
  private var spareNormal: Double?

  /// A generator whose stream depends on `seed` alone.
  public init(seed: UInt64) {
    self.seed = seed
    var mixer = SplitMix64(seed: seed)
    state = (mixer.next(), mixer.next(), mixer.next(), mixer.next())
  }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    let result = Self.rotate(state.1 &* 5, by: 7) &* 9
    let shifted = state.1 << 17
    state.2 ^= state.0
    state.3 ^= state.1
    state.1 ^= state.2
    state.0 ^= state.3
    state.2 ^= shifted
    state.3 = Self.rotate(state.3, by: 45)
    return result
  }

  /// An independent generator for `key`: it depends on this generator's seed and on the key, not on what was drawn.
  public func split(_ key: UInt64) -> SeededRandom {
    SeededRandom(seed: Self.mix(seed, key))
  }

  /// A value in [0, 1), a multiple of 2^-53.
  public mutating func uniform() -> Double {
    Double(next() >> 11) * 0x1p-53
  }

  /// A value in [low, high).
  public mutating func uniform(_ low: Double, _ high: Double) -> Double {
    low + (high - low) * uniform()
  }

  /// A value of the normal distribution with mean 0 and standard deviation 1 (Marsaglia's polar method).
  public mutating func normal() -> Double {
    if let spare = spareNormal {
      spareNormal = nil
      return spare
    }
    while true {
      let x = 2 * uniform() - 1
      let y = 2 * uniform() - 1
      let square = x * x + y * y
      guard square > 0, square < 1 else { continue }
      let factor = (-2 * Self.logarithm(square) / square).squareRoot()
      spareNormal = y * factor
      return x * factor
    }
  }

  /// Whether an event of probability `probability` happened.
  public mutating func chance(_ probability: Double) -> Bool {
    uniform() < probability
  }

  /// A whole number in 0..<`bound`, without bias (Lemire, 2019).
  ///
  /// - Precondition: `bound` is positive.
  public mutating func integer(below bound: Int) -> Int {
    precondition(bound > 0, "there is no whole number below \(bound)")
    let range = UInt64(bound)
    let rejected = (0 &- range) % range
    while true {
      let product = range.multipliedFullWidth(by: next())
      if product.low >= rejected { return Int(product.high) }
    }
  }

  /// Puts `elements` in random order (Fisher & Yates).
  public mutating func shuffle<Element>(_ elements: inout [Element]) {
    for last in stride(from: elements.count - 1, to: 0, by: -1) {
      elements.swapAt(last, integer(below: last + 1))
    }
  }

  /// `elements` in random order.
  public mutating func shuffled<Element>(_ elements: [Element]) -> [Element] {
    var result = elements
    shuffle(&result)
    return result
  }

  /// 64 bits that depend on both numbers: a counter-based generator for parallel work.
  static func mix(_ seed: UInt64, _ key: UInt64) -> UInt64 {
    var mixer = SplitMix64(seed: seed ^ rotate(key &* 0xD1B5_4A32_D192_ED03, by: 32))
    let first = mixer.next()
    mixer.state ^= key
    return first ^ mixer.next()
  }

  private static func rotate(_ x: UInt64, by bits: UInt64) -> UInt64 {
    (x << bits) | (x >> (64 - bits))
  }

  /// The natural logarithm by the series of artanh: the C library's differs in the last bit between platforms.
  private static func logarithm(_ x: Double) -> Double {
    var exponent = Double(x.exponent)
    var significand = x.significand
    if significand > 1.414_213_562_373_095_1 {
      significand /= 2
      exponent += 1
    }
    let s = (significand - 1) / (significand + 1)
    let square = s * s
    var sum = 0.0
    for k in stride(from: 21, through: 1, by: -2) {
      sum = sum * square + 1 / Double(k)
    }
    return exponent * 0.693_147_180_559_945_3 + 2 * s * sum
  }
}

extension SeededRandom: Codable {
  private enum CodingKeys: String, CodingKey { case seed, state, spare }

  /// Writes all of the state, so that a training that is resumed draws what it would have drawn.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    // As text: a reader of JSON may take numbers for doubles.
    try container.encode(String(seed, radix: 16), forKey: .seed)
    try container.encode(
      [state.0, state.1, state.2, state.3].map { String($0, radix: 16) }, forKey: .state)
    try container.encodeIfPresent(spareNormal.map { String($0.bitPattern, radix: 16) }, forKey: .spare)
  }

  /// Reads what ``encode(to:)`` writes.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    func number(_ text: String) throws -> UInt64 {
      guard let value = UInt64(text, radix: 16) else {
        throw DecodingError.dataCorrupted(
          .init(codingPath: container.codingPath, debugDescription: "\"\(text.prefix(20))\" is no state"))
      }
      return value
    }
    let words = try container.decode([String].self, forKey: .state).map(number)
    guard words.count == 4, words.contains(where: { $0 != 0 }) else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: container.codingPath, debugDescription: "a state has four words, not all 0"))
    }
    self.init(seed: try number(container.decode(String.self, forKey: .seed)))
    state = (words[0], words[1], words[2], words[3])
    spareNormal = try container.decodeIfPresent(String.self, forKey: .spare).map(number).map {
      Double(bitPattern: $0)
    }
  }
}

/// SplitMix64 (Steele, Lea & Flood 2014): one step a number, which is enough to fill another generator's state, or for
/// draws in a fixed order.
package struct SplitMix64: RandomNumberGenerator, Sendable {
  fileprivate var state: UInt64

  /// A generator whose stream depends on `seed` alone.
  package init(seed: UInt64) {
    state = seed
  }

  /// The next 64 random bits.
  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
