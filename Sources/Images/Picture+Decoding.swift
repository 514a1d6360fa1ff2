import Foundation

extension Picture {
  /// The picture in a file: JPEG, PNG, PGM or PPM, told apart by content and not by name, turned upright by its EXIF
  /// orientation. Transparent pixels are laid on white.
  ///
  /// - Parameters:
  ///   - path: a regular file.
  ///   - limits: checked against the file's size and the header's declared size before decoding.
  ///   - colour: what to decode to; `nil` keeps what is stored. Grey straight from a JPEG is faster than `grey()`
  ///     afterwards and may differ from it by rounding.
  ///
  /// Throws `PictureError` for a file that is missing, unreadable, not a regular file, empty, of another format, too
  /// large, damaged or truncated.
  public init(contentsOf path: String, limits: PictureLimits = .default, as colour: Colour? = nil) throws {
    do {
      try self.init(decoding: try PictureFile.contents(path, limits: limits), limits: limits, as: colour)
    } catch let error as PictureError {
      throw error.at(path)
    }
  }

  /// The picture in these bytes; see ``init(contentsOf:limits:as:)``.
  public init(decoding bytes: Data, limits: PictureLimits = .default, as colour: Colour? = nil) throws {
    try self.init(decoding: [UInt8](bytes), limits: limits, as: colour)
  }

  /// The picture in these bytes; see ``init(contentsOf:limits:as:)``.
  public init(decoding bytes: [UInt8], limits: PictureLimits = .default, as colour: Colour? = nil) throws {
    try limits.check(fileBytes: bytes.count)
    let picture: Picture
    switch try PictureFormat(of: bytes) {
    case .jpeg: picture = try JPEG.decode(bytes, limits: limits, as: colour)
    case .png: picture = try PNG.decode(bytes, limits: limits, as: colour)
    case .portableMap: picture = try PortableMap.decode(bytes, limits: limits)
    }
    self = colour.map(picture.converted(to:)) ?? picture
  }
}
