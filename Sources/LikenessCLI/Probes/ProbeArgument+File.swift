import Files
import Foundation

extension ProbeArgument {
  /// Whether a probe reads as a picture's path, mistyped perhaps, rather than as a sentence: it ends as pictures' names do
  /// (`my cat.png`); or it is one word with an ending that is nearly theirs (`cat.pgn`), or that begins as paths do
  /// (`./cat`), or with a folder in it that is there (`drawings/cat`).
  ///
  /// A sentence hardly ever ends in `.png`, and words with a slash or a full stop between them (`black/white`, `and/or`,
  /// `e.g.`) are no paths.
  static func looksLikeFile(_ text: String) -> Bool {
    let name = (text as NSString).lastPathComponent
    let ending = (name as NSString).pathExtension.lowercased()
    let hasName = !(name as NSString).deletingPathExtension.isEmpty
    if hasName, pictureEndings.contains(ending) { return true }
    guard !text.contains(where: \.isWhitespace) else { return false }
    if ["/", "./", "../", "~/"].contains(where: { text.hasPrefix($0) && text.count > $0.count }) { return true }
    if hasName, ending.count >= 2, pictureEndings.contains(where: { isOneSlip(from: $0, to: ending) }) { return true }
    let folder = PathParts.folder(of: text)
    return !folder.isEmpty && FileManager.default.fileExists(atPath: folder)
  }

  private static let pictureEndings: Set = [
    "jpg", "jpeg", "png", "pgm", "ppm", "pnm", "webp", "gif", "bmp", "tif", "tiff", "heic", "avif",
  ]

  /// Whether one letter too many, too few or wrong, or two in the wrong order, make the one of the other.
  private static func isOneSlip(from right: String, to typed: String) -> Bool {
    let (a, b) = (Array(right), Array(typed))
    let head = zip(a, b).prefix { $0 == $1 }.count
    let tail = zip(a.dropFirst(head).reversed(), b.dropFirst(head).reversed()).prefix { $0 == $1 }.count
    let (left, other) = (a[head..<a.count - tail], b[head..<b.count - tail])
    return left.count <= 1 && other.count <= 1
      || left.count == 2 && other.count == 2 && Array(left.reversed()) == Array(other)
  }
}
