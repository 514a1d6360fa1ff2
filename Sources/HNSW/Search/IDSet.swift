import Locks

/// Ids that may be in an answer, made once and used for many searches.
///
///     let mine: IDSet = [3, 5, 8]
///     let answer = try index.search(query, k: 10, where: mine)
///
/// Ids that lie close together are kept as bits, others in a hash table. The set also remembers where its ids are in the
/// index it was last used with, so that a search among few compares those and looks at nothing else.
///
/// Ids that are not in the index do no harm.
public struct IDSet: Sendable {
  let members: Members

  /// The set of these ids; repeated ones count once.
  public init(_ ids: some Sequence<Int64>) {
    members = Members(Set(ids).sorted())
  }

  /// How many ids are in the set.
  public var count: Int { members.ids.count }

  /// The ids in ascending order.
  public var ids: [Int64] { members.ids }

  /// Whether an id is in the set.
  public func contains(_ id: Int64) -> Bool {
    members.view.contains(id)
  }
}

extension IDSet: ExpressibleByArrayLiteral {
  /// The set of these ids.
  public init(arrayLiteral ids: Int64...) { self.init(ids) }
}

extension IDSet: Hashable {
  /// Whether both hold the same ids.
  public static func == (a: IDSet, b: IDSet) -> Bool { a.members.ids == b.members.ids }

  /// Hashes the ids.
  public func hash(into hasher: inout Hasher) { hasher.combine(members.ids) }
}

extension IDSet {
  /// The memory of a set.
  ///
  /// `@unchecked Sendable`: never changed once made; the places are behind a lock.
  final class Members: @unchecked Sendable {
    let ids: [Int64]
    let view: View
    private let words: UnsafeMutablePointer<UInt64>
    private let places = Locked<Places?>(nil)

    /// - Parameter ids: ascending, each once.
    init(_ ids: [Int64]) {
      self.ids = ids
      let lowest = ids.first ?? 0
      let span = UInt64(bitPattern: (ids.last ?? 0) &- lowest)
      // Bits take no more than the ids themselves.
      if span < UInt64(ids.count) * 64 {
        let count = Int(span / 64) + 1
        words = .allocate(capacity: count)
        words.initialize(repeating: 0, count: count)
        for id in ids {
          let bit = UInt64(bitPattern: id &- lowest)
          words[Int(bit >> 6)] |= 1 << (bit & 63)
        }
        view = View(words: words, lowest: lowest, span: ids.isEmpty ? 0 : span + 1, mask: -1, empty: 0)
      } else {
        var size = 16
        while size < 2 * ids.count { size *= 2 }
        // Some number among the first that is no id of the set stands for an empty place.
        var empty: Int64 = 0
        for id in ids.drop(while: { $0 < 0 }) {
          if id != empty { break }
          empty += 1
        }
        words = .allocate(capacity: size)
        words.initialize(repeating: UInt64(bitPattern: empty), count: size)
        for id in ids {
          var at = Int(truncatingIfNeeded: mixed(UInt64(bitPattern: id))) & (size - 1)
          while words[at] != UInt64(bitPattern: empty) { at = (at + 1) & (size - 1) }
          words[at] = UInt64(bitPattern: id)
        }
        view = View(words: words, lowest: 0, span: 0, mask: size - 1, empty: empty)
      }
    }

    deinit { words.deallocate() }

    /// Where the ids are, as it was found before, if it still holds.
    func places(in index: UInt64, changes: Int) -> [Slot]? {
      places.withLock { places in
        guard let places, places.index == index, places.changes == changes else { return nil }
        return places.slots
      }
    }

    func remember(_ found: Places) {
      places.withLock { $0 = found }
    }
  }

  /// Where the ids were in an index when it had seen so many changes: ascending slots.
  struct Places {
    /// ``HNSWIndex/serial``: addresses are used again.
    var index: UInt64
    var changes: Int
    var slots: [Slot]
  }

  /// What a loop asks; valid as long as its set.
  struct View: @unchecked Sendable {
    let words: UnsafeMutablePointer<UInt64>
    let lowest: Int64
    let span: UInt64
    /// −1 for bits.
    let mask: Int
    let empty: Int64

    @inline(__always)
    func contains(_ id: Int64) -> Bool {
      if mask < 0 {
        let bit = UInt64(bitPattern: id &- lowest)
        return bit < span && words[Int(bit &>> 6)] &>> (bit & 63) & 1 != 0
      }
      if id == empty { return false }
      var at = Int(truncatingIfNeeded: mixed(UInt64(bitPattern: id))) & mask
      while true {
        let found = Int64(bitPattern: words[at])
        if found == id { return true }
        if found == empty { return false }
        at = (at &+ 1) & mask
      }
    }
  }
}
