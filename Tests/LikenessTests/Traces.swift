import Foundation
import Synchronization

/// How many 8-byte runs of these vectors are in these files.
func traces(of vectors: [[Float]], in files: [String]) throws -> Int {
  var runs: Set<UInt64> = []
  for vector in vectors {
    vector.withUnsafeBytes { bytes in
      for start in stride(from: 0, to: bytes.count - 7, by: 4) {
        runs.insert(bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self))
      }
    }
  }
  // What the first two bytes of a run may be, so that most places are passed by at once.
  var firsts = [Bool](repeating: false, count: 65_536)
  for run in runs { firsts[Int(UInt16(truncatingIfNeeded: run.littleEndian))] = true }
  var found = 0
  for file in files {
    guard let bytes = try? Data(contentsOf: URL(fileURLWithPath: file)), bytes.count >= 8 else { continue }
    bytes.withUnsafeBytes { buffer in
      for start in 0...(buffer.count - 8) where firsts[Int(buffer[start]) | Int(buffer[start + 1]) << 8] {
        if runs.contains(buffer.loadUnaligned(fromByteOffset: start, as: UInt64.self)) { found += 1 }
      }
    }
  }
  return found
}

/// All files of a folder.
func files(in folder: URL) throws -> [String] {
  try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map {
    folder.appendingPathComponent($0).path
  }
}

/// Says to others that they may stop.
final class StopSign: Sendable {
  private let value = Atomic(false)

  var isUp: Bool { value.load(ordering: .acquiring) }

  func raise() { value.store(true, ordering: .releasing) }
}
