import Foundation
import Networks

extension FuzzTarget {
  /// A stream of moments: CSV with times, channels and perhaps labels.
  static let series = FuzzTarget(name: "series") { bytes in
    do {
      let stream = try SeriesStream(csv: Data(bytes), name: "fuzzed")
      if stream.values.count != stream.times.count * stream.channels.count {
        throw Failure(
          "\(stream.times.count) moments of \(stream.channels.count) channels have \(stream.values.count) values")
      }
      if !stream.times.allSatisfy(\.isFinite) { throw Failure("a time is no number") }
      if stream.values.contains(where: { $0.isInfinite || abs($0) > SeriesStream.largest }) {
        throw Failure("a value is larger than any may be")
      }
      return true
    } catch let error as SeriesError {
      return try refused("\(error)")
    }
  }
}
