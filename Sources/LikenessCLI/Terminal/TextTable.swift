/// Columns aligned for reading in a terminal. A cell that is very long sticks out, so that it widens its own line alone.
struct TextTable {
  /// Which side a column's cells lean to.
  enum Alignment {
    case left
    case right
  }

  private let headings: [String]
  private let alignments: [Alignment]
  private var rows: [[String]] = []

  /// How wide a column gets at most.
  private static let widest = 60

  /// A table with a heading and an alignment a column.
  init(_ columns: [(heading: String, alignment: Alignment)]) {
    headings = columns.map(\.heading)
    alignments = columns.map(\.alignment)
  }

  /// Adds a row with a cell a column, each on one line whatever is in it.
  mutating func append(_ cells: [String]) {
    rows.append(cells.map { $0.printable() })
  }

  /// The table as text, without a newline at the end.
  var text: String {
    var widths = headings.map(\.count)
    for row in rows {
      for (column, cell) in row.enumerated() { widths[column] = max(widths[column], min(cell.count, Self.widest)) }
    }
    func line(_ cells: [String]) -> String {
      var parts: [String] = []
      for (column, cell) in cells.enumerated() {
        let padding = String(repeating: " ", count: max(0, widths[column] - cell.count))
        parts.append(alignments[column] == .left ? cell + padding : padding + cell)
      }
      return parts.joined(separator: "  ").trimmingTrailingSpaces()
    }
    let rule = widths.map { String(repeating: "─", count: $0) }.joined(separator: "  ")
    return ([line(headings), rule] + rows.map(line)).joined(separator: "\n")
  }
}

extension String {
  fileprivate func trimmingTrailingSpaces() -> String {
    var text = self
    while text.last == " " { text.removeLast() }
    return text
  }
}
