/// Images grouped by identity: labels in ascending order become the identities 0, 1, 2, …
struct LabelledIdentities: Sendable {
  /// The identity of every image.
  let identity: [Int]

  /// The images of every identity, ascending.
  let members: [[Int]]

  var images: Int { identity.count }
  var count: Int { members.count }

  /// Throws ``EvaluationError`` unless there are pairs of both kinds and not too many images.
  init(_ labels: [Int]) throws {
    guard labels.count <= Evaluation.maximumImages else {
      throw EvaluationError(
        "\(labels.count) images are more than \(Evaluation.maximumImages): evaluate a sample of the identities")
    }
    let distinct = Set(labels).sorted()
    guard distinct.count >= 2 else {
      throw EvaluationError(
        "\(distinct.count == 1 ? "one identity" : "no identities"): telling identities apart takes at least two")
    }
    let number = Dictionary(uniqueKeysWithValues: zip(distinct, 0...))
    identity = labels.map { number[$0]! }
    var members = [[Int]](repeating: [], count: distinct.count)
    for (image, identity) in identity.enumerated() { members[identity].append(image) }
    guard members.contains(where: { $0.count >= 2 }) else {
      throw EvaluationError("every identity has a single image: add further images of at least one of them")
    }
    self.members = members
  }
}
