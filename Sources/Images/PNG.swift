import CPNG

/// PNG through libpng's simplified interface, whose errors are return values: nothing jumps over Swift's frames.
enum PNG {
  static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  static func decode(_ bytes: [UInt8], limits: PictureLimits, as colour: Picture.Colour?) throws -> Picture {
    let chunks = try PNGChunks(bytes)
    try limits.check(width: chunks.width, height: chunks.height)
    var image = png_image()
    image.version = png_uint_32(PNG_IMAGE_VERSION)
    // Does nothing once the picture is read, frees what was begun on every other way out.
    defer { png_image_free(&image) }
    return try bytes.withUnsafeBytes { memory in
      guard png_image_begin_read_from_memory(&image, memory.baseAddress, memory.count) != 0 else {
        throw damaged(image)
      }
      try limits.check(width: Int(image.width), height: Int(image.height))
      let isColour = image.format & png_uint_32(PNG_FORMAT_FLAG_COLOR) != 0
      image.format = png_uint_32(isColour ? PNG_FORMAT_FLAG_COLOR : 0)
      // 16-bit values are as gamma-coded as 8-bit ones unless the file says otherwise.
      image.flags |= png_uint_32(PNG_IMAGE_FLAG_16BIT_sRGB)
      let (width, height, channels) = (Int(image.width), Int(image.height), isColour ? 3 : 1)
      var pixels = [UInt8](repeating: 255, count: width * height * channels)
      var white = png_color(red: 255, green: 255, blue: 255)
      guard png_image_finish_read(&image, &white, &pixels, 0, nil) != 0 else { throw damaged(image) }
      return Picture(width: width, height: height, channels: channels, verified: pixels)
        .oriented(chunks.orientation)
    }
  }

  private static func damaged(_ image: png_image) -> PictureError {
    PictureError(reason: "the PNG is damaged or truncated (\(message(image))): get a whole copy")
  }

  static func message(_ image: png_image) -> String {
    withUnsafeBytes(of: image.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}
