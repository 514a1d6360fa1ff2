import Images

/// The size of a network's input, chosen from the pictures it will see.
package struct PictureGeometry: Hashable {
  package let width: Int
  package let height: Int

  /// Keeps the pictures' median aspect, within reason and no wider than asked for, and the number of pixels asked for.
  ///
  /// - Parameters:
  ///   - folder: pictures; up to 64 of them, spread evenly, are looked at.
  ///   - pixels: the input's area.
  ///   - widest: the largest ratio of width to height.
  package init(of folder: PictureFolder, pixels: Int, widest: Double = 1.6) {
    let files = folder.identities.flatMap(\.files)
    let step = max(1, files.count / 64)
    let aspects = stride(from: 0, to: files.count, by: step).compactMap { index -> Double? in
      guard let picture = try? Picture(contentsOf: files[index]) else { return nil }
      return Double(picture.width) / Double(picture.height)
    }
    let median = aspects.isEmpty ? 1 : aspects.sorted()[aspects.count / 2]
    let aspect = min(max(median, 0.6), widest)
    let ideal = Double(pixels).squareRoot()
    width = Int((ideal * aspect.squareRoot() / 2).rounded()) * 2
    height = Int((ideal / aspect.squareRoot() / 2).rounded()) * 2
  }
}
