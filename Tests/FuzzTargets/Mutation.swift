/// Mutations of a seed, the same for the same number.
public struct Mutation: RandomNumberGenerator {
  private var state: UInt64

  /// The mutations of this seed.
  public init(seed: UInt64) { state = seed }

  /// SplitMix64.
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// Bytes that readers trip over.
  private static let dictionary: [[UInt8]] =
    [
      [0], [0xFF], [0x7F], [0x80], [0, 0, 0, 0], [0xFF, 0xFF, 0xFF, 0xFF], [0xFF, 0xFF, 0xFF, 0x7F], [0, 0, 0, 0x80],
    ]
    + ["-", "0", "9", "1e999", "-1", "nan", "9223372036854775807", "\"", "{", "[", "]", ",", "\n", "\r\n", "\\u0000"]
    .map { Array($0.utf8) }

  /// A few changes of `bytes`: bits, bytes, numbers, pieces removed, repeated, moved, and pieces of `other`.
  public mutating func mutate(_ bytes: [UInt8], with other: [UInt8]) -> [UInt8] {
    var bytes = bytes
    for _ in 0...Int.random(in: 0..<5, using: &self) where !bytes.isEmpty {
      // Headers are short and at the front: half of all changes fall there.
      let reach = Bool.random(using: &self) ? bytes.count : min(bytes.count, 128)
      let place = Int.random(in: 0..<reach, using: &self)
      let length = min(1 << Int.random(in: 0..<8, using: &self), bytes.count - place)
      switch Int.random(in: 0..<9, using: &self) {
      case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &self)
      case 1: bytes[place] = UInt8.random(in: 0...255, using: &self)
      case 2: bytes[place] &+= UInt8.random(in: 0..<2, using: &self) == 0 ? 1 : 255
      case 3:
        let word = Self.dictionary[Int.random(in: 0..<Self.dictionary.count, using: &self)]
        for (index, byte) in word.enumerated() where place + index < bytes.count { bytes[place + index] = byte }
      case 4:
        bytes.insert(contentsOf: Self.dictionary[Int.random(in: 0..<Self.dictionary.count, using: &self)], at: place)
      case 5: bytes.removeSubrange(place..<place + length)
      case 6: bytes.insert(contentsOf: bytes[place..<place + length], at: place)
      case 7 where !other.isEmpty:
        let from = Int.random(in: 0..<other.count, using: &self)
        let piece = other[from..<min(from + length, other.count)]
        bytes.replaceSubrange(place..<min(place + piece.count, bytes.count), with: piece)
      default:
        if Int.random(in: 0..<4, using: &self) == 0 { bytes.removeLast(bytes.count - place) }
      }
    }
    return bytes
  }
}
