/// How large a picture may be. Both limits are checked before anything of that size is allocated.
public struct PictureLimits: Sendable, Hashable {
  /// The most pixels (`width × height`) a picture may declare.
  public var maximumPixels: Int

  /// The most bytes a picture file may have.
  public var maximumFileBytes: Int

  /// Limits of `maximumPixels` pixels and `maximumFileBytes` bytes.
  public init(maximumPixels: Int = 100_000_000, maximumFileBytes: Int = 256 << 20) {
    self.maximumPixels = maximumPixels
    self.maximumFileBytes = maximumFileBytes
  }

  /// 100 million pixels and 256 MiB: every camera's pictures, and at most about 300 MB of decoded pixels.
  public static let `default` = PictureLimits()

  /// No limit is taken to be larger than this: products of sides, channels and bytes then stay far from overflow.
  private static let mostPixels = 1 << 32

  /// Throws unless a picture of this declared size may be decoded.
  func check(width: Int, height: Int) throws {
    guard width > 0, height > 0 else {
      throw PictureError(reason: "the header declares \(width)×\(height) pixels: the file is damaged")
    }
    let (pixels, overflow) = width.multipliedReportingOverflow(by: height)
    let limit = min(maximumPixels, Self.mostPixels)
    guard !overflow, pixels <= limit else {
      throw PictureError(
        reason: "\(width)×\(height) pixels are more than the limit of \(limit): make the picture smaller")
    }
  }

  /// Throws unless a file of this many bytes may be read.
  func check(fileBytes: Int) throws {
    guard fileBytes <= maximumFileBytes else {
      throw PictureError(
        reason: "\(fileBytes) bytes are more than the limit of \(maximumFileBytes): make the file smaller")
    }
  }
}
