import Foundation
import LikenessTraining

/// The protocol's figures of several methods, with their intervals.
struct FiguresTable {
  let reports: [(name: String, report: IdentificationReport)]

  var html: String {
    guard let first = reports.first?.report else { return "" }
    let heads = reports.map { "<th>\(escaped($0.name))</th>" }.joined()
    let rows = first.figures.indices.map { index in
      let cells = reports.map { one in
        let figure = one.report.figures[index].figure
        let interval =
          if let low = figure.low, let high = figure.high {
            String(format: " <span class=\"soft\">%.3f–%.3f</span>", low, high)
          } else { "" }
        return "<td>" + String(format: "%.3f", figure.value) + interval + "</td>"
      }
      return "<tr><td>\(escaped(first.figures[index].name))</td>\(cells.joined())</tr>"
    }
    let notes = first.notes.map { "<p class=\"soft\">\(escaped($0))</p>" }.joined()
    return "<div class=\"scroll\"><table><tr><th></th>\(heads)</tr>\(rows.joined())</table></div>\(notes)"
  }
}
