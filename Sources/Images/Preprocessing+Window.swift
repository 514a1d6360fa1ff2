extension Preprocessing {
  /// Which part of a picture is shown instead of the part that ``prepare(_:)`` shows, measured by that part's sides.
  ///
  /// It may reach beyond the picture, whose edge is then repeated.
  public struct Window: Sendable, Hashable {
    /// Its sides, as a share of the usual part's: below 1 the picture is seen from nearer.
    public var size: Double
    /// How far right of the usual centre its centre is, as a share of the usual width.
    public var x: Double
    /// How far below the usual centre its centre is, as a share of the usual height.
    public var y: Double

    /// A window; without arguments, what is usually shown.
    public init(size: Double = 1, x: Double = 0, y: Double = 0) {
      self.size = size
      self.x = x
      self.y = y
    }

    /// What is usually shown.
    public static let usual = Window()
  }

  /// The picture through a window, as planar values `[channels, height, width]`; through ``Window/usual`` what
  /// ``prepare(_:)`` makes, to the bit.
  ///
  /// - Precondition: the window's size is positive, and all of it finite.
  public func prepare(_ picture: Picture, through window: Window) -> [Float] {
    guard window != .usual else { return prepare(picture) }
    let (columns, rows) = sides(of: picture, through: window)
    return normalized(
      Resampling(
        rows: AxisWeights(of: picture.height, from: rows.start, length: rows.length, to: height),
        columns: AxisWeights(of: picture.width, from: columns.start, length: columns.length, to: width)
      ).apply(to: picture, x: 0, y: 0), channels: picture.channels)
  }

  /// Where a window lies on either axis of a picture, in pixels.
  private func sides(
    of picture: Picture, through window: Window
  ) -> (columns: (start: Double, length: Double), rows: (start: Double, length: Double)) {
    precondition(
      window.size > 0 && window.size.isFinite && window.x.isFinite && window.y.isFinite, "a window lies somewhere")
    let usual = region(of: picture)
    func side(_ start: Int, _ length: Int, _ move: Double) -> (start: Double, length: Double) {
      let (length, kept) = (Double(length), Double(length) * window.size)
      return (Double(start) + length * (0.5 + move) - kept / 2, kept)
    }
    return (side(usual.x, usual.width, window.x), side(usual.y, usual.height, window.y))
  }
}
