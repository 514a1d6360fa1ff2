import Foundation
import HNSW
import Seeded
import Testing

@Suite struct SnapshotTests {
  @Test(
    "an index read back is the same byte for byte, and goes on the same way",
    arguments: [
      (Metric.euclidean, 24, false), (.cosine, 24, false), (.dot, 40, false), (.euclidean, 100, true),
      (.cosine, 320, true),
    ])
  func roundTrip(metric: Metric, dimension: Int, isCompact: Bool) throws {
    let made = try Snapshotted(dimension: dimension, metric: metric, isCompact: isCompact)
    let read = try made.load()
    #expect(read.missing.isEmpty)
    #expect(read.outcomes == [.same: made.vectors.count])
    let index = read.index
    #expect(index.count == made.index.count)
    #expect(index.digest() == made.index.digest())
    try index.checkInvariants()
    var random = Seeded(5)
    for _ in 0..<20 {
      let query = (0..<dimension).map { _ in random.normal() }
      #expect(try index.search(query, k: 10, ef: 40).hits == made.index.search(query, k: 10, ef: 40).hits)
    }
    // Both take the same changes to the same graph: also slots and ordinals that were free are used alike.
    for id in Int64(10_000)..<10_150 {
      let vector = (0..<dimension).map { _ in random.normal() }
      try made.index.add(vector, id: id)
      try index.add(vector, id: id)
    }
    for id in made.vectors.keys.sorted().prefix(120) {
      made.index.remove(id: id)
      index.remove(id: id)
    }
    made.index.sweep()
    index.sweep()
    try index.checkInvariants()
    #expect(index.digest() == made.index.digest())
  }

  @Test(
    "an index whose vectors need fewer coordinates is read back too",
    arguments: [(256, 12, false), (256, 40, false), (640, 12, false), (256, 12, true)])
  func fewerCoordinates(dimension: Int, directions: Int, isCompact: Bool) throws {
    let made = try Snapshotted(
      dimension: dimension, metric: .euclidean, isCompact: isCompact, count: 8_400, directions: directions)
    let read = try made.load()
    #expect(read.outcomes == [.same: made.vectors.count])
    #expect(read.index.digest() == made.index.digest())
    let usual = try Snapshotted(dimension: dimension, metric: .euclidean, isCompact: isCompact, count: 8_400)
    #expect(made.index.memory.codes != usual.index.memory.codes, "these vectors have codes of another width")
    var random = Seeded(6)
    var found = 0
    for _ in 0..<50 {
      let id = made.vectors.keys.sorted()[Int(random.next() % UInt64(made.vectors.count))]
      let query = made.vectors[id]!.map { $0 + 0.3 * random.normal() }
      let exact = try made.index.searchExactly(query, k: 10).hits
      let hits = try read.index.search(query, k: 10, ef: 200).hits
      found += Set(exact.map(\.id)).intersection(hits.map(\.id)).count
    }
    #expect(found >= 460, "recall is \(Double(found) / 500)")
  }

  @Test(
    "an index with codes of all coordinates, of 8 or of 16 bits, is read back too",
    arguments: [(Metric.euclidean, 2, false), (.dot, 2, false), (.cosine, 500, false), (.cosine, 700, true)])
  func wholeCodes(metric: Metric, dimension: Int, isCompact: Bool) throws {
    let made = try Snapshotted(dimension: dimension, metric: metric, isCompact: isCompact, count: 4_000)
    let bytes = made.index.memory.codes / made.index.count
    #expect(dimension == 2 ? bytes < 90 : bytes > dimension && bytes < 2 * dimension, "\(bytes) bytes of codes")
    let read = try made.load()
    #expect(read.outcomes == [.same: made.vectors.count])
    #expect(read.index.digest() == made.index.digest())
    try read.index.checkInvariants()
    let query = made.vectors[made.vectors.keys.max()!]!
    #expect(try read.index.search(query, k: 10, ef: 40).hits == made.index.search(query, k: 10, ef: 40).hits)
  }

  @Test("no eight bytes of a vector, present or removed, are in a snapshot")
  func holdsNoVector() throws {
    let made = try Snapshotted(dimension: 24, metric: .euclidean)
    var runs: Set<UInt64> = []
    for vector in made.vectors.values + made.removed {
      vector.withUnsafeBytes { bytes in
        for at in stride(from: 0, through: bytes.count - 8, by: 4) {
          runs.insert(bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
        }
      }
    }
    let found = made.bytes.withUnsafeBytes { bytes in
      (0...bytes.count - 8).filter { runs.contains(bytes.loadUnaligned(fromByteOffset: $0, as: UInt64.self)) }
    }
    #expect(found.isEmpty)
  }

  @Test("vectors that are others now, that are gone and that are new are told apart")
  func differences() throws {
    let made = try Snapshotted(dimension: 24, metric: .cosine)
    var vectors = made.vectors
    let ids = vectors.keys.sorted()
    vectors[ids[3]] = nil
    vectors[ids[4]]?[7] += 0.001
    vectors[ids[5]]?[0] = .nan
    vectors[-7] = vectors[ids[6]]
    let read = try made.load(vectors)
    #expect(read.missing == [ids[3]])
    let refused = LoadingIndex.Taken.refused(.notFinite(component: 0))
    #expect(read.outcomes == [.same: vectors.count - 3, .changed: 1, .unknown: 1, refused: 1])
    // A node whose vector is not known yet is no danger.
    _ = try read.index.search(vectors[ids[0]]!, k: 20, ef: 100)
  }

  @Test("a byte changed anywhere is noticed")
  func everyByte() throws {
    let made = try Snapshotted(dimension: 8, metric: .euclidean, count: 90)
    var random = Seeded(3)
    // Every byte of the header and of the checksums, and a sample of all the others.
    let places =
      Array(0..<512) + Array(made.bytes.count - 200..<made.bytes.count)
      + (0..<1_500).map { _ in Int.random(in: 512..<made.bytes.count, using: &random) }
    var unnoticed: [Int] = []
    for place in places {
      var bytes = made.bytes
      bytes[place] ^= 1 << UInt8(place % 8)
      if (try? IndexSnapshot.read(bytes: bytes)) != nil { unnoticed.append(place) }
    }
    #expect(unnoticed.isEmpty)
  }

  @Test("a snapshot cut anywhere is refused")
  func truncated() throws {
    let made = try Snapshotted(dimension: 8, metric: .euclidean, count: 90)
    let cuts = Array(0..<600) + Array(stride(from: 600, to: made.bytes.count, by: 997)) + [made.bytes.count - 1]
    for cut in cuts {
      #expect(throws: SnapshotRefusal.self) { try IndexSnapshot.read(bytes: Array(made.bytes.prefix(cut))) }
    }
    #expect(throws: SnapshotRefusal.self) { try IndexSnapshot.read(bytes: made.bytes + [0]) }
  }

  @Test("blocks that a disk gave back as zeros are noticed")
  func zeroFilled() throws {
    let made = try Snapshotted(dimension: 8, metric: .euclidean, count: 300)
    for start in stride(from: 0, to: made.bytes.count, by: 4_096) {
      var bytes = made.bytes
      let end = min(start + 4_096, bytes.count)
      bytes.replaceSubrange(start..<end, with: repeatElement(0, count: end - start))
      #expect(throws: SnapshotRefusal.self) { try IndexSnapshot.read(bytes: bytes) }
    }
    #expect(throws: SnapshotRefusal.self) {
      try IndexSnapshot.read(bytes: [UInt8](repeating: 0, count: made.bytes.count))
    }
  }

  @Test("a snapshot of another version is refused and says so")
  func otherVersion() throws {
    var bytes = try Snapshotted(dimension: 8, metric: .euclidean, count: 90).bytes
    bytes[8] = 1
    #expect {
      try IndexSnapshot.read(bytes: bytes)
    } throws: {
      "\($0)".contains("version 1")
    }
  }

  @Test("a snapshot of other parameters is refused")
  func otherParameters() throws {
    let made = try Snapshotted(dimension: 8, metric: .euclidean, count: 90)
    let snapshot = try IndexSnapshot(bytes: made.bytes)
    let changes: [(inout HNSWIndex.Parameters) -> Void] = [
      { $0.M = 12 }, { $0.seed = 9 }, { $0.efConstruction = 100 },
      { $0.vectors = .file(folder: NSTemporaryDirectory()) },
    ]
    for change in changes {
      var parameters = made.index.parameters
      change(&parameters)
      #expect(throws: SnapshotRefusal.self) { try snapshot.load(parameters: parameters) }
    }
  }

  @Test("whatever a forger puts behind right checksums, searching and changing the index comes to an end")
  func forged() throws {
    let made = try Snapshotted(dimension: 8, metric: .euclidean, count: 130)
    var random = Seeded(11)
    var accepted = 0
    for round in 0..<400 {
      var bytes = made.bytes
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        let place = Int.random(in: 24..<bytes.count, using: &random)
        switch round % 3 {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes[place] = [0, 255, 127, 128][Int.random(in: 0..<4, using: &random)]
        default:
          let end = min(place + 8, bytes.count)
          for at in place..<end { bytes[at] = UInt8.random(in: 0...255, using: &random) }
        }
      }
      guard let sealed = IndexSnapshot.sealed(bytes) else { continue }
      guard let index = try? IndexSnapshot.read(bytes: sealed) else { continue }
      accepted += 1
      for k in [1, 10, 200] { _ = try index.search([1, 2, 3, 4, 5, 6, 7, 8], k: k, ef: k) }
      try index.add([1, 2, 3, 4, 5, 6, 7, 8], id: 99_999)
      for id in made.vectors.keys.sorted().prefix(60) { index.remove(id: id) }
      index.sweep()
      _ = try index.search([1, 2, 3, 4, 5, 6, 7, 8], k: 10)
    }
    #expect(accepted > 0)
  }

  @Test("nothing is written of an index without a graph, and what is not wanted any more is abandoned")
  func nothingToWrite() throws {
    let index = try HNSWIndex(dimension: 4, metric: .euclidean)
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("snapshot-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: file) }
    #expect(FileManager.default.createFile(atPath: file.path, contents: nil))
    let handle = try FileHandle(forWritingTo: file)
    #expect(try index.writeSnapshot(to: handle.fileDescriptor, label: []) == .nothingToWrite)
    for id in Int64(0)..<100 { try index.add([Float(id), 1, 2, 3], id: id) }
    #expect(try index.writeSnapshot(to: handle.fileDescriptor, label: []) { false } == .abandoned)
  }

  @Test(
    "vectors that were removed or replaced are overwritten, also in the file of a compact index",
    arguments: [false, true])
  func erased(isCompact: Bool) throws {
    let made = try Snapshotted(dimension: 24, metric: .euclidean, isCompact: isCompact)
    let before = made.index.digest()
    #expect(made.index.eraseRemoved())
    #expect(made.index.digest() == before)
    #expect(made.index.freeSlotsAreZero())
    try made.index.checkInvariants()
  }

  @Test("adding many that is given up halfway adds none")
  func givenUp() throws {
    struct Enough: Error {}
    let made = try Snapshotted(dimension: 24, metric: .euclidean)
    var random = Seeded(8)
    let rows = (0..<600 * 24).map { _ in random.normal() }
    var calls = 0
    #expect(throws: Enough.self) {
      try rows.withUnsafeBufferPointer {
        try made.index.add(contentsOf: $0, ids: Array(50_000..<50_600)) { _ in
          calls += 1
          if calls == 3 { throw Enough() }
        }
      }
    }
    #expect(made.index.count == made.vectors.count)
    #expect(!made.index.contains(id: 50_000))
    try made.index.checkInvariants()
  }
}

/// An index with a history, and its snapshot.
struct Snapshotted {
  let index: HNSWIndex
  let bytes: [UInt8]
  let vectors: [Int64: [Float]]
  let removed: [[Float]]

  /// - Parameter directions: in how many the vectors differ; in all of them if nil.
  init(
    dimension: Int, metric: Metric, isCompact: Bool = false, count: Int = 1_500, directions: Int? = nil
  ) throws {
    var parameters = HNSWIndex.Parameters(M: 8, efConstruction: 40, seed: 4, exactBelow: 10)
    if isCompact { parameters.vectors = .file(folder: NSTemporaryDirectory()) }
    let index = try HNSWIndex(dimension: dimension, metric: metric, parameters: parameters)
    var vectors: [Int64: [Float]] = [:]
    var removed: [[Float]] = []
    var random = Seeded(1)
    let basis = (0..<(directions ?? 0)).map { _ in (0..<dimension).map { _ in random.normal() } }
    func drawn() -> [Float] {
      guard !basis.isEmpty else { return (0..<dimension).map { _ in random.normal() } }
      return basis.reduce(into: [Float](repeating: 0, count: dimension)) { sum, direction in
        let weight = random.normal()
        for i in 0..<dimension { sum[i] += weight * direction[i] }
      }
    }
    for id in 0..<Int64(count) { vectors[id * 3] = drawn() }
    let ids = vectors.keys.sorted()
    try ids.flatMap { vectors[$0]! }.withUnsafeBufferPointer { try index.add(contentsOf: $0, ids: ids) }
    for id in ids.prefix(count / 10) {
      removed.append(vectors.removeValue(forKey: id)!)
      index.remove(id: id)
    }
    for id in ids.suffix(count / 20) {
      removed.append(vectors[id]!)
      vectors[id] = drawn()
      try index.update(vectors[id]!, id: id)
    }
    (self.index, self.vectors, self.removed) = (index, vectors, removed)
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("snapshot-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: file) }
    _ = FileManager.default.createFile(atPath: file.path, contents: nil)
    let handle = try FileHandle(forWritingTo: file)
    let outcome = try index.writeSnapshot(to: handle.fileDescriptor, label: Array("whose".utf8))
    guard case .written = outcome else { throw CocoaError(.fileWriteUnknown) }
    try handle.close()
    bytes = [UInt8](try Data(contentsOf: file))
  }

  func load(
    _ other: [Int64: [Float]]? = nil
  ) throws -> (index: HNSWIndex, missing: [Int64], outcomes: [LoadingIndex.Taken: Int]) {
    let snapshot = try IndexSnapshot(bytes: bytes)
    #expect(snapshot.label == Array("whose".utf8))
    let loading = try snapshot.load(parameters: index.parameters)
    for piece in 0..<loading.pieces { try loading.readPiece(piece) }
    var outcomes: [LoadingIndex.Taken: Int] = [:]
    var hint: UInt32 = 0
    for (id, vector) in (other ?? vectors).sorted(by: { $0.key < $1.key }) {
      outcomes[vector.withUnsafeBytes { loading.take($0, id: id, hint: &hint) }, default: 0] += 1
    }
    let (index, missing) = try loading.finish()
    return (index, missing, outcomes)
  }
}
