/// Reports of several splits of the same data put together: splits differ more than methods do, so one alone says little.
public struct ReportSummary: Codable, Sendable, Hashable {
  /// A figure over splits.
  public struct Figure: Codable, Sendable, Hashable {
    /// The mean over splits.
    public let mean: Double
    /// The sample standard deviation over splits; 0 of a single one.
    public let deviation: Double
  }

  /// Every figure by its JSON key.
  public let figures: [String: Figure]

  /// How many splits there are.
  public let splits: Int

  /// Mean and deviation of every figure.
  ///
  /// Throws ``EvaluationError`` when there are no reports.
  public init(_ reports: [IdentificationReport]) throws {
    guard let first = reports.first else {
      throw EvaluationError("there are no reports to put together: evaluate at least one split")
    }
    splits = reports.count
    var figures: [String: Figure] = [:]
    for (index, named) in first.figures.enumerated() {
      let values = reports.map { $0.figures[index].figure.value }
      let mean = values.reduce(0, +) / Double(values.count)
      let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      figures[named.key] = Figure(
        mean: mean, deviation: values.count > 1 ? (squares / Double(values.count - 1)).squareRoot() : 0)
    }
    self.figures = figures
  }

  /// A table with a row a summary: mean ± deviation of every figure.
  public static func table(_ rows: [(name: String, summary: ReportSummary)]) -> String {
    let names = IdentificationReport.figureNames
    return TextTable.lines(
      header: [""] + names.map(\.name),
      rows: rows.map { row in
        [row.name]
          + names.map { key, _ in
            row.summary.figures[key].map { "\(TextTable.share($0.mean))±\(TextTable.share($0.deviation))" } ?? ""
          }
      })
  }
}
