/// One way to look at a picture: a little nearer or farther, moved, mirrored.
///
/// The mean of the embeddings of several views is steadier than the embedding of one.
public struct View: Codable, Sendable, Hashable {
  /// How much larger the picture appears; 1 leaves it.
  public var magnification: Float
  /// How far the picture is moved to the right, as a share of its width.
  public var x: Float
  /// How far the picture is moved down, as a share of its height.
  public var y: Float
  /// Whether left and right are exchanged, before all else.
  public var isMirrored: Bool

  /// A view; without arguments, the picture as it is.
  public init(magnification: Float = 1, x: Float = 0, y: Float = 0, isMirrored: Bool = false) {
    self.magnification = magnification
    self.x = x
    self.y = y
    self.isMirrored = isMirrored
  }

  /// The picture as it is.
  public static let straight = View()
  /// Its mirror image.
  public static let mirrored = View(isMirrored: true)

  /// Whether the pixels stay where they are, mirroring apart.
  var isInPlace: Bool { magnification == 1 && x == 0 && y == 0 }

  /// Whether the values can be used: a hostile file must not move pixels to nowhere.
  var isSound: Bool { (0.25...4).contains(magnification) && abs(x) <= 1 && abs(y) <= 1 }

  /// Samples planes `[channels, height, width]` bilinearly about their centre, the edge repeated outwards.
  func sample(
    _ source: UnsafePointer<Float>, channels: Int, height: Int, width: Int, into target: UnsafeMutablePointer<Float>
  ) {
    let across = (0..<width).map { column in
      Tap(Float(column), length: width, magnification: magnification, move: x, isMirrored: isMirrored)
    }
    for channel in 0..<channels {
      let plane = source + channel * height * width
      for row in 0..<height {
        let down = Tap(Float(row), length: height, magnification: magnification, move: y, isMirrored: false)
        let (upper, lower) = (plane + down.near * width, plane + down.far * width)
        let out = target + (channel * height + row) * width
        for column in 0..<width {
          let tap = across[column]
          let top = upper[tap.near] + tap.share * (upper[tap.far] - upper[tap.near])
          let bottom = lower[tap.near] + tap.share * (lower[tap.far] - lower[tap.near])
          out[column] = top + down.share * (bottom - top)
        }
      }
    }
  }

  /// Where every row or column of a view comes from: between `near` and `far`, `share` of the way.
  func taps(length: Int, move: Float, isMirrored: Bool) -> [(near: Int, far: Int, share: Float)] {
    (0..<length).map { place in
      let tap = Tap(Float(place), length: length, magnification: magnification, move: move, isMirrored: isMirrored)
      return (tap.near, tap.far, tap.share)
    }
  }

  /// Where a row or column of the view comes from: between two of the source's.
  private struct Tap {
    let near: Int
    let far: Int
    let share: Float

    init(_ place: Float, length: Int, magnification: Float, move: Float, isMirrored: Bool) {
      let last = Float(length - 1)
      let centred = (place - last / 2 - move * Float(length)) / magnification
      let from = min(max((isMirrored ? -centred : centred) + last / 2, 0), last)
      near = Int(from)
      far = min(near + 1, length - 1)
      share = from - Float(near)
    }
  }
}
