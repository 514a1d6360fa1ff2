import Foundation
import Likeness

extension Verification {
  /// A line for each check, and below it what is wrong.
  var text: String {
    var lines: [String] = []
    for check in checks {
      let mark =
        switch check.outcome {
        case .proved: "ok     "
        case .wrong: "WRONG  "
        case .skipped: "-      "
        }
      lines.append("\(mark)\(check.name.padding(toLength: 12, withPad: " ", startingAt: 0))\(check.statement)")
      for finding in check.findings {
        lines.append("         \(finding.what)")
        lines.append("           \(finding.mend)")
      }
      if check.findingCount > check.findings.count {
        lines.append("         and \(check.findingCount - check.findings.count) more")
      }
    }
    lines += remarks.map { "note: \($0)" }
    if let contentSHA256 { lines.append("the rows have the SHA-256 \(contentSHA256)") }
    let wrong = checks.count { $0.outcome == .wrong }
    lines.append(
      (isSound ? "\(path) is sound" : "\(path) is not sound: \(counted(wrong, "check")) failed")
        + String(format: " (%.1f s)", seconds))
    return lines.joined(separator: "\n")
  }
}
