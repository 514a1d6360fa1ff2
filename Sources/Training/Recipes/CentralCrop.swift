import Images
import Networks

/// How much of a picture around its centre is the face, found by trying.
///
/// For each crop the pictures are compared as they are, standardized and small, each with all others: the crop in which
/// the nearest other picture is most often the same person's shows most of the person and least of the background.
/// Never less than 0.7: an eye or a mouth alone may be best among pictures framed alike, and nowhere else.
package enum CentralCrop {
  private static let choices = [1, 0.9, 0.8, 0.7]
  private static let people = 100
  private static let side = 40

  /// The best share of both sides; 1 where nothing can be compared.
  package static func choose(for folder: PictureFolder, geometry: PictureGeometry) throws -> Double {
    // Spread evenly over the folder, so that no seed is needed; no more of one person than tell.
    let usable = folder.identities.filter { $0.files.count > 1 }
    let step = max(1, usable.count / people)
    let chosen = stride(from: 0, to: usable.count, by: step).prefix(people).map { index in
      PictureFolder.Identity(name: usable[index].name, files: Array(usable[index].files.prefix(8)))
    }
    guard chosen.count >= 2 else { return 1 }
    var best = (share: 1.0, recognised: -1)
    for share in choices {
      let small = try Preprocessing(
        colour: .grey, width: side * geometry.width / max(geometry.width, geometry.height),
        height: side * geometry.height / max(geometry.width, geometry.height), centralFraction: share, framing: .fill,
        normalization: .standardize)
      let inputs = LabelledInputs.reading(folder.subset(chosen), preprocessing: small).inputs
      let recognised = nearestIsOwn(inputs)
      if recognised > best.recognised { best = (share, recognised) }
    }
    return best.share
  }

  /// How many inputs have one of their own identity as the nearest other.
  private static func nearestIsOwn(_ inputs: LabelledInputs) -> Int {
    let batch = inputs.tensor.reshaped(to: [inputs.count, inputs.preprocessing.count])
    let distances = PairDistances(batch)
    return (0..<inputs.count).filter { row in
      var nearest = -1
      for other in 0..<inputs.count where other != row {
        if nearest < 0 || distances[row, other] < distances[row, nearest] { nearest = other }
      }
      return nearest >= 0 && inputs.labels[nearest] == inputs.labels[row]
    }.count
  }
}
