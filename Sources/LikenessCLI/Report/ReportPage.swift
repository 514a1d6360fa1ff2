import Foundation
import LikenessTraining

/// The page a training leaves behind, whatever was trained: figures at a glance, curves, what the recipe has to show, and
/// what the model says of itself.
struct ReportPage {
  var title: String
  /// What was trained, as HTML.
  var lead: String
  /// Something to bear in mind, as HTML; nil for nothing.
  var caution: String?
  /// Figures at a glance, with what they are.
  var figures: [(value: String, meaning: String)]
  /// Parts of the page, as HTML.
  var sections: [String]
  var card: ModelCardSection

  /// Writes `report.html` into a folder, which is made where it is not there.
  ///
  /// - Returns: the page's path.
  func write(to folder: String) throws -> String {
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw CommandFailure("\(folder): the folder for the report cannot be made: \(error.localizedDescription)")
    }
    let path = (folder as NSString).appendingPathComponent("report.html")
    try AtomicFile.write(Data(text().utf8), to: path)
    return path
  }

  /// The page.
  func text() -> String {
    let cells = (figures + [("\(PeakMemory.bytes >> 20) MB", "of memory at most")]).map {
      "<div class=\"figure\"><b>\($0.0)</b><span>\($0.1)</span></div>"
    }
    let head = """
      <h1>\(escaped(title))</h1>
      <p class="lead">\(lead)</p>
      \(caution.map { "<p class=\"soft\">\($0)</p>" } ?? "")
      <div class="figures">\(cells.joined())</div>
      """
    return HTMLPage(
      title: "Likeness: a training", body: ([head] + sections + [card.html]).joined(separator: "\n")
    ).text
  }

  /// A share in per cent.
  static func percent(_ share: Double) -> String {
    String(format: "%.1f %%", share * 100)
  }
}
