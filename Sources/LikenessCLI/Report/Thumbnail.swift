import Foundation
import Images

/// A small picture inside a page, with a name and a detail below.
struct Thumbnail {
  var path: String?
  var name: String
  var detail: String
  /// Whether it gets the frame of those who belong together.
  var isMate = false

  var html: String {
    let picture = path.flatMap { try? Picture(contentsOf: $0) }
    let data = picture.flatMap { try? Self.small($0).pngData() }
    let image = data.map {
      "<img alt=\"\(escaped(name))\" src=\"data:image/png;base64,\($0.base64EncodedString())\">"
    }
    return """
      <div class="face\(isMate ? " mate" : "")">\(image ?? "")<b>\(escaped(name))</b>\(detail)</div>
      """
  }

  private static func small(_ picture: Picture) throws -> Picture {
    let scale = min(1, 112 / Double(max(picture.width, picture.height)))
    guard scale < 1 else { return picture }
    return try picture.resized(
      width: max(1, Int((Double(picture.width) * scale).rounded())),
      height: max(1, Int((Double(picture.height) * scale).rounded())))
  }
}
