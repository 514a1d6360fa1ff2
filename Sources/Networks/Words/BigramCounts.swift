/// How often each word followed each other one, for the models that an encoder of gaps is measured against.
///
/// A sentence's borders count as one word more, the last. In a file: for every first word the number of different
/// followers, then for each, in order, the distance from the one before and the count, all as LEB128.
public struct BigramCounts: Sendable {
  /// Where each first word's followers begin, one more than there are words and the border.
  public let start: [Int]
  /// The followers, in order.
  public let next: [Int32]
  /// How often each of them followed.
  public let counts: [Int32]

  /// Joins followers by first word.
  public init(start: [Int], next: [Int32], counts: [Int32]) {
    (self.start, self.next, self.counts) = (start, next, counts)
  }

  /// The bytes for a file.
  func encoded() -> [UInt8] {
    var bytes: [UInt8] = []
    func append(_ value: Int) {
      var value = value
      while value >= 0x80 {
        bytes.append(UInt8(value & 0x7F) | 0x80)
        value >>= 7
      }
      bytes.append(UInt8(value))
    }
    for first in 0..<start.count - 1 {
      append(start[first + 1] - start[first])
      var before = 0
      for entry in start[first]..<start[first + 1] {
        append(Int(next[entry]) - before)
        append(Int(counts[entry]))
        before = Int(next[entry])
      }
    }
    return bytes
  }

  /// Reads a file's bytes.
  ///
  /// - Throws: ``ModelFileError`` where they are no counts of a vocabulary of `words`.
  init(_ bytes: [UInt8], words: Int) throws {
    var place = 0
    func read(upTo most: Int) throws -> Int {
      var (value, shift) = (0, 0)
      while place < bytes.count, shift < 35 {
        let byte = bytes[place]
        place += 1
        value |= Int(byte & 0x7F) << shift
        shift += 7
        if byte < 0x80 {
          guard value <= most else { break }
          return value
        }
      }
      throw ModelFileError("the counts of pairs of words are damaged: train the model again")
    }
    var start = [0]
    var (next, counts) = ([Int32](), [Int32]())
    for _ in 0...words {
      var before = 0
      for _ in 0..<(try read(upTo: words + 1)) {
        before += try read(upTo: words - before)
        next.append(Int32(before))
        counts.append(Int32(try read(upTo: Int(Int32.max))))
      }
      start.append(next.count)
    }
    guard place == bytes.count else {
      throw ModelFileError("the counts of pairs of words are damaged: train the model again")
    }
    self.init(start: start, next: next, counts: counts)
  }
}
