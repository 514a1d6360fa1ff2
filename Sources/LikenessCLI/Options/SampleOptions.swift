import ArgumentParser

/// Searches that are tried beside a comparison with every row.
struct SampleOptions: ParsableArguments {
  @Option(help: ArgumentHelp("How many searches to try.", valueName: "count"))
  var sample = 100

  @Option(help: "Which searches: the same seed tries the same.")
  var seed: UInt64 = 1

  func validate() throws {
    guard sample >= 0 else { throw ValidationError("--sample must be at least 0.") }
  }
}
