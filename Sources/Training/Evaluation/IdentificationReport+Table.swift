extension IdentificationReport {
  /// One line a figure with its interval, then the counts and the notes.
  public var summary: String {
    let width = figures.map(\.name.count).max() ?? 0
    var lines = figures.map { _, name, figure in
      name + String(repeating: " ", count: width - name.count) + "  " + Self.text(figure, interval: true)
    }
    lines.append("\(images) images of \(identities == 1 ? "1 identity" : "\(identities) identities")")
    lines += notes.map { "note: \($0)" }
    return lines.joined(separator: "\n")
  }

  /// A table with a row a report: the figures in the protocol's order, three decimals, intervals in brackets if wanted.
  public static func table(_ rows: [(name: String, report: IdentificationReport)], intervals: Bool = false) -> String {
    guard let first = rows.first else { return "" }
    return TextTable.lines(
      header: [""] + first.report.figures.map(\.name),
      rows: rows.map { row in [row.name] + row.report.figures.map { text($0.figure, interval: intervals) } })
  }

  private static func text(_ figure: Figure, interval: Bool) -> String {
    guard interval, let low = figure.low, let high = figure.high else { return TextTable.share(figure.value) }
    return "\(TextTable.share(figure.value)) [\(TextTable.share(low))–\(TextTable.share(high))]"
  }
}

/// Columns of text.
enum TextTable {
  /// `.732`, and `1.00` for all of it.
  static func share(_ value: Double) -> String {
    let thousandths = Int((value * 1_000).rounded())
    guard thousandths < 1_000 else { return "1.00" }
    let digits = String(max(thousandths, 0))
    return "." + String(repeating: "0", count: 3 - digits.count) + digits
  }

  /// The first column flush left, the others flush right, two spaces between.
  static func lines(header: [String], rows: [[String]]) -> String {
    let all = [header] + rows
    let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    return all.map { row in
      let cells = zip(row, widths).enumerated().map { index, cell in
        let space = String(repeating: " ", count: cell.1 - cell.0.count)
        return index == 0 ? cell.0 + space : space + cell.0
      }
      return cells.joined(separator: "  ")
    }.joined(separator: "\n")
  }
}
