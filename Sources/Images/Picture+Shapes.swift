extension Picture {
  /// The picture as luma: (0.299 R + 0.587 G + 0.114 B), rounded; a grey picture is returned as it is.
  public func grey() -> Picture {
    guard channels == 3 else { return self }
    let grey = [UInt8](unsafeUninitializedCapacity: width * height) { out, count in
      pixels.withUnsafeBufferPointer { source in
        for i in 0..<out.count {
          // 16-bit fixed point, the same weights as libjpeg's: they add up to 65,536.
          let r = UInt32(source[3 * i]) * 19595
          let g = UInt32(source[3 * i + 1]) * 38470
          let b = UInt32(source[3 * i + 2]) * 7471
          out[i] = UInt8(truncatingIfNeeded: (r + g + b + 32768) >> 16)
        }
      }
      count = out.count
    }
    return Picture(width: width, height: height, channels: 1, verified: grey)
  }

  /// The picture with three channels; a grey one gets three equal ones.
  public func rgb() -> Picture {
    guard channels == 1 else { return self }
    let rgb = [UInt8](unsafeUninitializedCapacity: 3 * pixels.count) { out, count in
      for (i, value) in pixels.enumerated() {
        out[3 * i] = value
        out[3 * i + 1] = value
        out[3 * i + 2] = value
      }
      count = 3 * pixels.count
    }
    return Picture(width: width, height: height, channels: 3, verified: rgb)
  }

  /// The picture in this colour.
  public func converted(to colour: Colour) -> Picture {
    colour == .grey ? grey() : rgb()
  }

  /// The rectangle whose top left pixel is (`x`, `y`).
  ///
  /// Throws `PictureError` unless the rectangle has positive sides and lies wholly inside the picture.
  public func cropped(x: Int, y: Int, width: Int, height: Int) throws -> Picture {
    guard x >= 0, y >= 0, width > 0, height > 0, x <= self.width - width, y <= self.height - height else {
      throw PictureError(
        reason: "a crop of \(width)×\(height) at (\(x), \(y)) does not lie inside \(self.width)×\(self.height)")
    }
    var out: [UInt8] = []
    out.reserveCapacity(width * height * channels)
    for row in y..<(y + height) {
      let start = (row * self.width + x) * channels
      out += pixels[start..<(start + width * channels)]
    }
    return Picture(width: width, height: height, channels: channels, verified: out)
  }

  /// Left and right exchanged.
  public func mirrored() -> Picture {
    oriented(2)
  }

  /// The upright picture of stored pixels whose EXIF orientation is 1…8 (JEITA CP-3451, tag 0x0112).
  ///
  /// The orientation says where the stored first row and first column belong: 1 upright, 2 mirrored, 3 turned by 180°,
  /// 4 mirrored top to bottom, 5 transposed, 6 to be turned clockwise, 7 transposed over the other diagonal,
  /// 8 to be turned anticlockwise. Any other value leaves the picture as it is.
  public func oriented(_ orientation: Int) -> Picture {
    guard (2...8).contains(orientation) else { return self }
    let swapped = orientation >= 5
    let (w, h, c) = (width, height, channels)
    let (outWidth, outHeight) = swapped ? (h, w) : (w, h)
    let fromRight = [2, 3, 7, 8].contains(orientation)
    let fromBottom = [3, 4, 6, 7].contains(orientation)
    let out = [UInt8](unsafeUninitializedCapacity: pixels.count) { out, count in
      pixels.withUnsafeBufferPointer { source in
        var to = 0
        for y in 0..<outHeight {
          for x in 0..<outWidth {
            let column = swapped ? y : x
            let row = swapped ? x : y
            let from = ((fromBottom ? h - 1 - row : row) * w + (fromRight ? w - 1 - column : column)) * c
            for channel in 0..<c { out[to + channel] = source[from + channel] }
            to += c
          }
        }
      }
      count = pixels.count
    }
    return Picture(width: outWidth, height: outHeight, channels: c, verified: out)
  }
}
