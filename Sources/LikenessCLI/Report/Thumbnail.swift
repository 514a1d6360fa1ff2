import Foundation
import Images

/// A small picture inside a page, with a name and a detail below.
struct Thumbnail {
  private let picture: Picture?
  private let name: String
  private let detail: String
  private let isMate: Bool

  /// - Parameters:
  ///   - picture: what is shown; nil for nothing.
  ///   - isMate: whether it gets the frame of those who belong together.
  init(_ picture: Picture?, name: String, detail: String, isMate: Bool = false) {
    (self.picture, self.name, self.detail, self.isMate) = (picture, name, detail, isMate)
  }

  /// A picture's file, shown as it is.
  init(path: String?, name: String, detail: String, isMate: Bool = false) {
    self.init(path.flatMap { try? Picture(contentsOf: $0) }, name: name, detail: detail, isMate: isMate)
  }

  var html: String {
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
