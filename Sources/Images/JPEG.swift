import CTurboJPEG

/// JPEG through TurboJPEG.
enum JPEG {
  static func decode(_ bytes: [UInt8], limits: PictureLimits, as colour: Picture.Colour?) throws -> Picture {
    guard let handle = tjInitDecompress() else {
      throw PictureError(reason: "TurboJPEG could not be started: is there memory left?")
    }
    defer { tjDestroy(handle) }
    let header = try header(bytes, handle, limits: limits)
    let markers = JPEGMarkers(bytes)

    let format: TJPF
    if header.colourSpace == TJCS_CMYK.rawValue || header.colourSpace == TJCS_YCCK.rawValue {
      format = TJPF_CMYK
    } else if header.colourSpace == TJCS_GRAY.rawValue || colour == .grey {
      format = TJPF_GRAY
    } else {
      format = TJPF_RGB
    }
    let channels = format == TJPF_CMYK ? 4 : format == TJPF_GRAY ? 1 : 3
    var pixels = [UInt8](repeating: 0, count: header.width * header.height * channels)
    // The limit on scans keeps a small progressive file from occupying the decoder for minutes.
    let result = tjDecompress2(
      handle, bytes, UInt(bytes.count), &pixels, Int32(header.width), 0, Int32(header.height), format.rawValue,
      TJFLAG_LIMITSCANS)
    if result != 0 {
      let message = message(handle)
      guard tjGetErrorCode(handle) == TJERR_WARNING.rawValue, isHarmless(message), markers.hasEnd else {
        throw damaged(message)
      }
    }
    if channels == 4 { pixels = rgb(cmyk: pixels) }
    return Picture(
      width: header.width, height: header.height, channels: channels == 4 ? 3 : channels, verified: pixels
    ).oriented(markers.orientation)
  }

  private struct Header {
    var width, height: Int
    var colourSpace: Int32
  }

  private static func header(_ bytes: [UInt8], _ handle: tjhandle, limits: PictureLimits) throws -> Header {
    // A stream of tables alone succeeds and leaves these as they were.
    var (width, height, subsampling, space): (Int32, Int32, Int32, Int32) = (0, 0, -1, -1)
    let result = tjDecompressHeader3(handle, bytes, UInt(bytes.count), &width, &height, &subsampling, &space)
    if result != 0, tjGetErrorCode(handle) != TJERR_WARNING.rawValue || width <= 0 {
      throw damaged(message(handle))
    }
    guard width > 0, height > 0 else {
      throw PictureError(reason: "the JPEG has no picture in it: the file is damaged")
    }
    try limits.check(width: Int(width), height: Int(height))
    return Header(width: Int(width), height: Int(height), colourSpace: space)
  }

  private static func message(_ handle: tjhandle) -> String {
    tjGetErrorStr2(handle).map { String(cString: $0) } ?? "unknown error"
  }

  private static func damaged(_ message: String) -> PictureError {
    PictureError(reason: "the JPEG is damaged or truncated (\(message)): get a whole copy")
  }

  /// Whether libjpeg's warning is about something that leaves every pixel as it was encoded.
  ///
  /// The library keeps only its first warning, so the caller checks for the end-of-image marker as well.
  private static func isHarmless(_ message: String) -> Bool {
    message.contains("extraneous bytes before marker") || message.contains("unknown JFIF revision")
      || message.contains("Unknown Adobe color transform") || message.contains("Invalid SOS parameters for sequential")
  }

  /// CMYK as every program writes it into JPEG since Photoshop: inverted, 255 meaning no ink.
  private static func rgb(cmyk: [UInt8]) -> [UInt8] {
    let count = cmyk.count / 4
    return [UInt8](unsafeUninitializedCapacity: 3 * count) { out, initialized in
      for i in 0..<count {
        let black = UInt32(cmyk[4 * i + 3])
        for channel in 0..<3 {
          out[3 * i + channel] = UInt8((UInt32(cmyk[4 * i + channel]) * black + 127) / 255)
        }
      }
      initialized = 3 * count
    }
  }
}
