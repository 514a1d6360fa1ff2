import ArgumentParser

/// What a query can say where the gallery's model embeds series.
struct SeriesQueryOptions: ParsableArguments, KindOptions {
  static let kind = "series"

  @Option(
    help: ArgumentHelp(
      "Series only: ask about the window around this time (t_ms) instead of the file's last one.",
      valueName: "milliseconds"))
  var at: Double?

  var given: [String] { at == nil ? [] : ["--at"] }

  func validate() throws {
    if let at, !at.isFinite { throw ValidationError("--at must be a number of milliseconds.") }
  }
}

/// What an evaluation can say where the model embeds series.
struct SeriesEvaluationOptions: ParsableArguments, KindOptions {
  static let kind = "series"

  @Option(
    help: ArgumentHelp(
      "Series only: the folder of CSV files that a linear probe takes its labels from.", valueName: "folder"),
    completion: .directory)
  var labelled: String?

  var given: [String] { labelled == nil ? [] : ["--labelled"] }
}
