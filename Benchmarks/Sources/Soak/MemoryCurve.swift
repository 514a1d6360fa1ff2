import Foundation

/// What the process held in memory, a reading at a time.
struct MemoryCurve: Sendable {
  private var readings: [(seconds: Double, bytes: Double)] = []

  /// Resident memory now; 0 where the system does not tell.
  static func resident() -> Int {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return 0 }
    let fields = text.split(separator: " ")
    return fields.count > 1 ? (Int(fields[1]) ?? 0) * 4_096 : 0
  }

  mutating func read(at seconds: Double) {
    readings.append((seconds, Double(Self.resident())))
    // As many as a line needs, however long it takes.
    if readings.count > 4_000 {
      readings = readings.enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
    }
  }

  var first: Double { readings.first?.bytes ?? 0 }
  var last: Double { readings.last?.bytes ?? 0 }
  var most: Double { readings.map(\.bytes).max() ?? 0 }

  /// Bytes a second, by least squares over the second half: what memory does once everything has been done a few times.
  var slope: Double {
    let half = readings.suffix(readings.count / 2)
    guard half.count > 2 else { return 0 }
    let count = Double(half.count)
    let (x, y) = (half.reduce(0) { $0 + $1.seconds } / count, half.reduce(0) { $0 + $1.bytes } / count)
    let above = half.reduce(0) { $0 + ($1.seconds - x) * ($1.bytes - y) }
    let below = half.reduce(0) { $0 + ($1.seconds - x) * ($1.seconds - x) }
    return below > 0 ? above / below : 0
  }
}
