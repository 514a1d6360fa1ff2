import CPNG
import Foundation

extension Picture {
  /// The picture as a PNG file.
  ///
  /// Throws `PictureError` when libpng cannot encode it: a side of more than a million pixels, or no memory.
  public func pngData() throws -> Data {
    var image = png_image()
    image.version = png_uint_32(PNG_IMAGE_VERSION)
    image.width = png_uint_32(clamping: width)
    image.height = png_uint_32(clamping: height)
    image.format = png_uint_32(channels == 1 ? 0 : PNG_FORMAT_FLAG_COLOR)
    // Zlib's worst case: five bytes for every 16 KiB block, and the file's frame.
    let raw = pixels.count + height
    var size = raw + 5 * (raw / 16_000 + 1) + 12 * (raw / 8_192 + 1) + 1_024
    var bytes = [UInt8](repeating: 0, count: size)
    guard png_image_write_to_memory(&image, &bytes, &size, 0, pixels, 0, nil) != 0 else {
      throw PictureError(reason: "\(width)×\(height) pixels cannot be written as PNG (\(PNG.message(image)))")
    }
    return Data(bytes.prefix(size))
  }
}
