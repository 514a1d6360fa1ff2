import CHeap
import Foundation

/// What the process held in memory, a reading at a time.
struct MemoryCurve: Sendable {
  /// Resident memory, and what of malloc is in use: that one grows only where something is kept.
  enum Measure: Int, CaseIterable { case resident, heap }

  private var times: [Double] = []
  private var readings: [[Double]] = Measure.allCases.map { _ in [] }

  /// Resident memory now; 0 where the system does not tell.
  private static func resident() -> Int {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return 0 }
    let fields = text.split(separator: " ")
    return fields.count > 1 ? (Int(fields[1]) ?? 0) * 4_096 : 0
  }

  mutating func read(at seconds: Double) {
    times.append(seconds)
    readings[Measure.resident.rawValue].append(Double(Self.resident()))
    readings[Measure.heap.rawValue].append(Double(heap_in_use()))
    // As many as a line needs, however long it takes.
    if times.count > 4_000 {
      times = Self.thinned(times)
      readings = readings.map(Self.thinned)
    }
  }

  private static func thinned(_ values: [Double]) -> [Double] {
    stride(from: 0, to: values.count, by: 2).map { values[$0] }
  }

  /// The mean of the first tenth, the mean of the last, and the highest.
  func summary(_ measure: Measure) -> (first: Double, last: Double, most: Double) {
    let values = readings[measure.rawValue]
    let tenth = max(1, values.count / 10)
    func mean(_ some: ArraySlice<Double>) -> Double { some.reduce(0, +) / Double(max(some.count, 1)) }
    return (mean(values.prefix(tenth)), mean(values.suffix(tenth)), values.max() ?? 0)
  }

  /// Bytes a second, by least squares over the second half: what memory does once everything has been done a few times.
  func slope(_ measure: Measure) -> Double {
    let half = zip(times, readings[measure.rawValue]).suffix(times.count / 2)
    guard half.count > 2 else { return 0 }
    let count = Double(half.count)
    let (x, y) = (half.reduce(0) { $0 + $1.0 } / count, half.reduce(0) { $0 + $1.1 } / count)
    let above = half.reduce(0) { $0 + ($1.0 - x) * ($1.1 - y) }
    let below = half.reduce(0) { $0 + ($1.0 - x) * ($1.0 - x) }
    return below > 0 ? above / below : 0
  }
}
