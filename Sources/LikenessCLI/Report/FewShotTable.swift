import Foundation
import LikenessTraining

/// Few-shot figures of several methods.
struct FewShotTable {
  let rows: [(name: String, report: FewShotReport)]

  var html: String {
    let tasks = FewShot.tasks
    let heads = tasks.map { "<th>\($0.ways) ways, \($0.shots) shot\($0.shots == 1 ? "" : "s")</th>" }.joined()
    let body = rows.map { row in
      let cells = tasks.map { task in
        row.report[task.key].map { String(format: "<td>%.1f %%</td>", $0.value * 100) } ?? "<td></td>"
      }
      return "<tr><td>\(escaped(row.name))</td>\(cells.joined())</tr>"
    }
    return """
      <h2>Told apart by few pictures</h2>
      <div class="scroll"><table><tr><th></th>\(heads)</tr>\(body.joined())</table></div>
      """
  }
}
