import Foundation
import Networks

/// Streams of a machine that hums, rattles or rests, in turns; each subject's sensor sits a little differently.
enum DrawnSeries {
  static func streams(subjects: Int, each: Int = 2, seed: UInt64, states: Int = 3) throws -> [SeriesStream] {
    var streams: [SeriesStream] = []
    for subject in 0..<subjects {
      for recording in 0..<each {
        var random = SeededRandom(seed: seed).split(UInt64(subject * 100 + recording))
        var own = SeededRandom(seed: seed).split(UInt64(10_000 + subject))
        let (offset, gain) = (own.uniform(-0.3, 0.3), own.uniform(0.8, 1.2))
        var (times, values, labels): ([Double], [Float], [String?]) = ([], [], [])
        var (state, left, phase) = (0, 0, 0.0)
        for row in 0..<900 {
          if left == 0 {
            state = (state + 1 + random.integer(below: states - 1)) % states
            left = 75 + random.integer(below: 100)
          }
          left -= 1
          phase += [0.25, 0.9, 0.5][state]
          let swing = [0.5, 0.5, 0.05][state]
          times.append(Double(row) * 20)
          values.append(Float(offset + gain * (swing * sin(phase) + 0.2 * random.normal())))
          values.append(Float(gain * (swing * cos(phase) + 0.2 * random.normal()) - offset))
          labels.append(["hums", "rattles", "rests"][state])
        }
        streams.append(
          try SeriesStream(
            name: "m\(subject)_\(recording)", channels: ["x", "y"], times: times, values: values, labels: labels))
      }
    }
    return streams
  }
}
