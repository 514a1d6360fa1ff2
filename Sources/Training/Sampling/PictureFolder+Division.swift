import Images
import Networks

extension PictureFolder {
  /// Divides the identities in two, so that none stands on both sides.
  ///
  /// - Parameters:
  ///   - count: how many to set aside; all of them where there are fewer.
  ///   - seed: which ones.
  /// - Returns: those set aside and the others, each in the folder's order.
  public func divided(settingAside count: Int, seed: UInt64) -> (aside: [Identity], rest: [Identity]) {
    var random = SeededRandom(seed: seed)
    let chosen = Set(random.shuffled(Array(identities.indices)).prefix(max(0, count)))
    return (
      identities.indices.filter { chosen.contains($0) }.map { identities[$0] },
      identities.indices.filter { !chosen.contains($0) }.map { identities[$0] }
    )
  }
}
