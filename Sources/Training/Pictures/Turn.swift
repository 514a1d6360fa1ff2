/// One of the seven ways to turn and mirror a picture that leave its outline a rectangle, besides leaving it as it is.
public enum Turn: Int, Sendable, Codable, Hashable, CaseIterable {
  /// Left and right exchanged.
  case mirrored
  /// By half a turn.
  case half
  /// Top and bottom exchanged.
  case upsideDown
  /// A quarter to the right; for square pictures only, like the rest.
  case quarter
  /// Three quarters to the right.
  case threeQuarters
  /// Rows and columns exchanged.
  case transposed
  /// The same about the other diagonal.
  case antiTransposed

  /// Whether height and width change places.
  var isSideways: Bool { rawValue > Turn.upsideDown.rawValue }

  /// Planes `[channels, height, width]` turned.
  func apply(to planes: ArraySlice<Float>, channels: Int, height: Int, width: Int) -> [Float] {
    var turned: [Float] = []
    turned.reserveCapacity(planes.count)
    let (lastRow, lastColumn) = (height - 1, width - 1)
    for channel in 0..<channels {
      let start = planes.startIndex + channel * height * width
      for row in 0..<height {
        for column in 0..<width {
          let (fromRow, fromColumn) =
            switch self {
            case .mirrored: (row, lastColumn - column)
            case .half: (lastRow - row, lastColumn - column)
            case .upsideDown: (lastRow - row, column)
            case .quarter: (lastRow - column, row)
            case .threeQuarters: (column, lastColumn - row)
            case .transposed: (column, row)
            case .antiTransposed: (lastColumn - column, lastRow - row)
            }
          turned.append(planes[start + fromRow * width + fromColumn])
        }
      }
    }
    return turned
  }
}
