import Foundation

/// Distinct words and how often each was met: open addressing over bytes in one arena, so that a corpus's words cost no
/// allocation each.
struct WordTable {
  private(set) var counts: [Int] = []
  private var arena: [UInt8] = []
  private var ends: [Int] = []
  private var slots: [Int32]
  private var mask: Int

  /// Ids are 32-bit, and half of the slots stay free.
  static let most = 1 << 29

  init() {
    slots = [Int32](repeating: -1, count: 1 << 16)
    mask = slots.count - 1
  }

  /// How many distinct words there are.
  var count: Int { counts.count }

  /// The number of a word, which is met once more; nil where the table can take no more words.
  mutating func add(_ word: UnsafeBufferPointer<UInt8>, times: Int = 1) -> Int32? {
    var place = Self.hash(word) & mask
    while slots[place] >= 0 {
      if equals(Int(slots[place]), word) {
        counts[Int(slots[place])] += times
        return slots[place]
      }
      place = (place + 1) & mask
    }
    guard count < Self.most else { return nil }
    let id = Int32(count)
    slots[place] = id
    arena.append(contentsOf: word)
    ends.append(arena.count)
    counts.append(times)
    if 2 * count > slots.count { grow() }
    return id
  }

  /// Takes away occurrences, of words that became part of phrases.
  mutating func remove(_ id: Int32, times: Int) { counts[Int(id)] -= times }

  /// The bytes of a word.
  func bytes(_ id: Int) -> ArraySlice<UInt8> { arena[(id == 0 ? 0 : ends[id - 1])..<ends[id]] }

  private func equals(_ id: Int, _ word: UnsafeBufferPointer<UInt8>) -> Bool {
    let start = id == 0 ? 0 : ends[id - 1]
    guard ends[id] - start == word.count else { return false }
    for i in 0..<word.count where arena[start + i] != word[i] { return false }
    return true
  }

  private mutating func grow() {
    slots = [Int32](repeating: -1, count: 2 * slots.count)
    mask = slots.count - 1
    for id in 0..<count {
      var place = bytes(id).withUnsafeBufferPointer { Self.hash($0) } & mask
      while slots[place] >= 0 { place = (place + 1) & mask }
      slots[place] = Int32(id)
    }
  }

  private static func hash(_ word: UnsafeBufferPointer<UInt8>) -> Int {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in word { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return Int(truncatingIfNeeded: (hash ^ hash >> 29) & UInt64(Int.max))
  }
}
