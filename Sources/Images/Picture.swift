/// A decoded picture: 8-bit grey or RGB pixels, upright, row by row from the top left.
///
/// ```swift
/// let face = try Picture(contentsOf: "ada.jpg")
/// let small = face.grey().resized(width: 64, height: 64)
/// ```
public struct Picture: Sendable, Hashable {
  /// What a pixel holds.
  public enum Colour: String, Sendable, Hashable, Codable, CaseIterable {
    /// One channel of luma (Rec. 601, as in JPEG).
    case grey
    /// Three channels: red, green, blue (sRGB).
    case rgb

    /// 1 or 3.
    public var channels: Int { self == .grey ? 1 : 3 }
  }

  /// Columns, at least 1.
  public let width: Int

  /// Rows, at least 1.
  public let height: Int

  /// 1 (grey) or 3 (RGB).
  public let channels: Int

  /// `height × width × channels` values, row-major, the channels of a pixel beside each other.
  public let pixels: [UInt8]

  /// A picture of these pixels (`height × width × channels`, row-major, interleaved).
  ///
  /// Throws `PictureError` when a side is not positive, `channels` is not 1 or 3, or `pixels` has another length.
  public init(width: Int, height: Int, channels: Int, pixels: [UInt8]) throws {
    guard width > 0, height > 0, channels == 1 || channels == 3 else {
      throw PictureError(
        reason: "\(width)×\(height) pixels of \(channels) channels are no picture: sides are positive, channels 1 or 3")
    }
    let (area, overflow) = width.multipliedReportingOverflow(by: height)
    let (size, overflow3) = area.multipliedReportingOverflow(by: channels)
    guard !overflow, !overflow3, pixels.count == size else {
      throw PictureError(reason: "\(pixels.count) values do not fill \(width)×\(height)×\(channels)")
    }
    self.init(width: width, height: height, channels: channels, verified: pixels)
  }

  /// Trusts the caller that the pixels fill the shape.
  init(width: Int, height: Int, channels: Int, verified pixels: [UInt8]) {
    self.width = width
    self.height = height
    self.channels = channels
    self.pixels = pixels
  }

  /// What a pixel holds.
  public var colour: Colour { channels == 1 ? .grey : .rgb }
}
