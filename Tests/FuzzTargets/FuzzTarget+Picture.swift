import Images

extension FuzzTarget {
  /// A picture in any of the formats: PGM, PPM, PNG, JPEG.
  static let picture = FuzzTarget(name: "picture") { bytes in
    let limits = PictureLimits(maximumPixels: 100_000, maximumFileBytes: 1 << 20)
    do {
      let picture = try Picture(decoding: bytes, limits: limits)
      if picture.pixels.count != picture.width * picture.height * picture.channels {
        throw Failure("\(picture.width) x \(picture.height) x \(picture.channels) is not \(picture.pixels.count)")
      }
      return true
    } catch let error as PictureError {
      return try refused("\(error)")
    }
  }
}
