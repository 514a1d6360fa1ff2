/// PGM and PPM, plain and raw (netpbm's P2, P3, P5, P6), with up to 16 bits a sample.
enum PortableMap {
  /// The first picture of the file. Bytes behind its raster are accepted: a file may hold several pictures, and copies
  /// with changed line ends have bytes left over.
  static func decode(_ bytes: [UInt8], limits: PictureLimits) throws -> Picture {
    var reader = PortableMapReader(bytes: bytes)
    let kind = bytes[1]
    let isRaw = kind == UInt8(ascii: "5") || kind == UInt8(ascii: "6")
    let channels = kind == UInt8(ascii: "3") || kind == UInt8(ascii: "6") ? 3 : 1
    let width = try reader.headerNumber("width")
    let height = try reader.headerNumber("height")
    let maximum = try reader.headerNumber("largest value")
    try limits.check(width: width, height: height)
    guard (1...65_535).contains(maximum) else {
      throw PictureError(reason: "the header's largest value is \(maximum), not 1…65535: the file is damaged")
    }
    let samples = width * height * channels
    let pixels =
      isRaw
      ? try reader.rawRaster(samples: samples, maximum: maximum)
      : try reader.plainRaster(samples: samples, maximum: maximum)
    return Picture(width: width, height: height, channels: channels, verified: pixels)
  }

  /// White space as netpbm counts it.
  static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || (0x09...0x0D).contains(byte)
  }
}

/// Reads numbers and samples of a portable map, never behind its end.
private struct PortableMapReader {
  let bytes: [UInt8]
  var position = 2

  init(bytes: [UInt8]) {
    self.bytes = bytes
  }

  mutating func headerNumber(_ name: String) throws -> Int {
    skipSpaceAndComments()
    guard let number = digits() else {
      throw PictureError(reason: "the header has no \(name): the file is damaged or truncated")
    }
    return number
  }

  /// Exactly one white-space byte, then big-endian samples of one or two bytes.
  mutating func rawRaster(samples: Int, maximum: Int) throws -> [UInt8] {
    guard position < bytes.count, PortableMap.isSpace(bytes[position]) else {
      throw PictureError(reason: "the raster does not follow the header: the file is damaged or truncated")
    }
    position += 1
    let size = maximum > 255 ? 2 : 1
    guard samples * size <= bytes.count - position else { throw truncated(samples) }
    if maximum == 255 { return Array(bytes[position..<(position + samples)]) }
    let scale = SampleScale(maximum)
    return try (0..<samples).map { index in
      let at = position + index * size
      return try scale.byte(size == 1 ? Int(bytes[at]) : Int(bytes[at]) << 8 | Int(bytes[at + 1]))
    }
  }

  /// Decimal samples with white space between them.
  mutating func plainRaster(samples: Int, maximum: Int) throws -> [UInt8] {
    // A sample needs a digit and a separator; a header that promises more is not believed with an allocation.
    guard samples <= (bytes.count - position) / 2 else { throw truncated(samples) }
    let scale = SampleScale(maximum)
    var pixels: [UInt8] = []
    pixels.reserveCapacity(samples)
    for _ in 0..<samples {
      skipSpaceAndComments()
      guard position < bytes.count else { throw truncated(samples) }
      guard let value = digits() else {
        throw PictureError(reason: "sample \(pixels.count + 1) is no number: the file is damaged")
      }
      pixels.append(try scale.byte(value))
    }
    return pixels
  }

  private func truncated(_ samples: Int) -> PictureError {
    PictureError(reason: "the file ends before its \(samples) samples: get a whole copy")
  }

  private mutating func skipSpaceAndComments() {
    while position < bytes.count {
      if bytes[position] == UInt8(ascii: "#") {
        while position < bytes.count, bytes[position] != 0x0A, bytes[position] != 0x0D { position += 1 }
      } else if PortableMap.isSpace(bytes[position]) {
        position += 1
      } else {
        return
      }
    }
  }

  /// A number of at most ten digits; `nil` where there is none.
  private mutating func digits() -> Int? {
    let start = position
    var number = 0
    while position < bytes.count, (0x30...0x39).contains(bytes[position]), position - start < 10 {
      number = 10 * number + Int(bytes[position] - 0x30)
      position += 1
    }
    let goesOn = position < bytes.count && (0x30...0x39).contains(bytes[position])
    return position > start && !goesOn ? number : nil
  }
}

/// Maps 0…maximum onto 0…255, rounded.
private struct SampleScale {
  let maximum: Int

  init(_ maximum: Int) {
    self.maximum = maximum
  }

  func byte(_ value: Int) throws -> UInt8 {
    guard value <= maximum else {
      throw PictureError(reason: "a sample of \(value) exceeds the largest value \(maximum): the file is damaged")
    }
    return UInt8((value * 255 + maximum / 2) / maximum)
  }
}
