import ArgumentParser
import Foundation
import HNSW

/// `likeness bench`: recall and speed of the index on one set of vectors.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure the index on a set of vectors with known answers.",
    discussion: """
      One query a call on one thread, Euclidean distance, no database in the loop; the best of three runs a setting. \
      Row numbers of the base are the ids that the truth names, each once a query. With --selectivity it names the nearest \
      of the rows that the filter allows, and -1 where fewer exist.
      """)

  @Option(help: "The vectors to index, .fvecs.")
  var base: String

  @Option(help: "The queries, .fvecs.")
  var queries: String

  @Option(help: "The row numbers of each query's true nearest, nearest first, .ivecs.")
  var truth: String

  @Option(name: .short, help: "Neighbours to ask for.")
  var k = 10

  @Option(help: "The ef to measure; may be given more than once.")
  var ef: [Int] = [64]

  @Flag(help: "Walk ef from 10 until recall is 0.9999.")
  var sweep = false

  @Option(help: "Recalls to ask for instead of an ef, such as 0.95,0.99.")
  var recall: String?

  @Option(help: "Search with a filter that allows this share of the rows, 0 to 1.")
  var selectivity: Double?

  @Option(help: "Decides which rows the filter allows.")
  var filterSeed: UInt64 = 0

  @Option(help: "Threads to build with; by default as many as there are processors. Searches use one.")
  var threads: Int?

  @Flag(help: "Keep the exact vectors in a mapped file in the temporary folder, codes and links alone in memory.")
  var compact = false

  @Option(help: "Decides the levels of the graph's nodes.")
  var seed: UInt64 = HNSWIndex.Parameters().seed

  @Flag(help: "Print a JSON list and nothing else.")
  var json = false

  func validate() throws {
    guard k > 0 else { throw ValidationError("-k must be 1 or more") }
    if let threads, threads < 1 { throw ValidationError("--threads must be 1 or more") }
    guard ef.allSatisfy({ $0 > 0 }) else { throw ValidationError("--ef must be 1 or more") }
    if recall != nil, recalls == nil { throw ValidationError("--recall takes numbers of 0 to 1, such as 0.95,0.99") }
    if let selectivity {
      guard (0...1).contains(selectivity) else { throw ValidationError("--selectivity must be 0 to 1") }
      guard recall == nil else { throw ValidationError("--recall is for searches without --selectivity") }
    }
  }

  /// The numbers of `--recall`; nil if there are none or they are not recalls.
  private var recalls: [Double]? {
    guard let recall else { return nil }
    let numbers = recall.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
    let valid = numbers.compactMap(\.self).filter((0...1).contains)
    return valid.count == numbers.count ? valid : nil
  }

  private var settings: [IndexBenchmark.Setting] {
    recalls?.map { .recall($0) } ?? (sweep ? IndexBenchmark.sweep : ef).map { .ef($0) }
  }

  func run() throws {
    let set = try BenchSet(base: base, queries: queries, truth: truth, k: k)
    let isTerminal = isatty(STDERR_FILENO) != 0
    let measurements = try set.run(
      settings, k: k,
      parameters: .init(
        seed: seed, threads: threads,
        vectors: compact ? .file(folder: FileManager.default.temporaryDirectory.path) : .memory),
      filter: selectivity.map { RandomFilter(share: $0, seed: filterSeed) },
      endsWhereAllIsFound: sweep && recall == nil
    ) { done, total in
      guard isTerminal else { return }
      let end = done == total ? "\n" : ""
      Console.write("\rbuilding \(done) of \(total)\(end)")
    }
    Console.printDocument(json ? try Self.json(measurements) : Self.table(measurements))
  }

  private static func json(_ measurements: [IndexBenchmark.Measurement]) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return String(decoding: try encoder.encode(measurements), as: UTF8.self)
  }

  private static func table(_ measurements: [IndexBenchmark.Measurement]) -> String {
    var lines = ["          ef   recall    queries/s"]
    for m in measurements {
      let setting = m.setting.description
      let padding = String(repeating: " ", count: max(12 - setting.count, 0))
      lines.append(padding + setting + String(format: "   %.4f   %10.0f", m.recall, m.qps))
    }
    if let m = measurements.first {
      lines.append(String(format: "built in %.1f s, %d bytes a vector", m.buildSeconds, m.bytesPerVector))
    }
    return lines.joined(separator: "\n")
  }
}
