import Images

extension LabelledInputs {
  /// Checks that there is something to learn from.
  ///
  /// - Parameter least: how many identities with two pictures a training needs.
  /// - Throws: ``TrainingError/tooFewIdentities(usable:needed:)``,
  ///   ``TrainingError/singlePictures(names:usable:needed:)`` where pictures are what is missing.
  func checkIdentities(least: Int) throws {
    var counts = [Int](repeating: 0, count: names.count)
    for label in labels { counts[label] += 1 }
    let usable = counts.filter { $0 >= 2 }.count
    guard usable < least else { return }
    let single = counts.indices.filter { counts[$0] == 1 }.map { names[$0] }
    guard single.isEmpty else {
      throw TrainingError.singlePictures(names: single, usable: usable, needed: least)
    }
    throw TrainingError.tooFewIdentities(usable: usable, needed: least)
  }

  /// Identities of one picture, which have nothing to be compared with: they are negatives for others at the most.
  public var singleIdentities: [String] {
    var counts = [Int](repeating: 0, count: names.count)
    for label in labels { counts[label] += 1 }
    return counts.indices.filter { counts[$0] == 1 }.map { names[$0] }
  }
}
