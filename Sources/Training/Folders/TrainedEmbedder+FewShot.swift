import Images

extension TrainedEmbedder {
  /// Few-shot figures on the classes that were set aside, of the scout alone and of principal components fitted to the
  /// other classes; nil where none were set aside.
  public func validationFewShots(
    folder: PictureFolder, episodes: Int = 1_000
  ) throws -> [(name: String, report: FewShotReport)]? {
    if let fewShots { return fewShots }
    guard let scout = committee.scout else { return nil }
    let aside = Set(validationIdentities)
    let network = try scoutModel(scout)
    let fewShot = FewShot(episodes: episodes)
    var reports = [
      (
        name: "\(model.recipe), one network",
        report: try network.fewShot(fewShot, on: inputs.rows(committee.fold.validation))
      )
    ]
    do {
      let components = try BaselineRecipe.pca(components: 40).fit(
        folder.subset(folder.identities.filter { !aside.contains($0.name) }), skipsBroken: true)
      let unseen = folder.subset(folder.identities.filter { aside.contains($0.name) })
      reports.append(("pca", try components.model.fewShot(fewShot, on: unseen, skipsBroken: true)))
    } catch is BaselineError {
      // Pictures that are all the same, say: what was trained is there all the same.
    }
    return reports
  }
}

extension PictureModel {
  /// Few-shot figures on classes that the model was not trained on.
  ///
  /// - Throws: ``TrainingError`` for pictures that cannot be read.
  public func fewShot(
    _ fewShot: FewShot = FewShot(), on folder: PictureFolder, skipsBroken: Bool = false
  ) throws -> FewShotReport {
    let (inputs, skipped) = LabelledInputs.reading(folder, preprocessing: preprocessing, framing: network.framing)
    guard skipsBroken || skipped.isEmpty else {
      throw TrainingError.brokenPictures(skipped.map { "\($0.path): \($0.reason)" })
    }
    return try self.fewShot(fewShot, on: inputs)
  }

  func fewShot(_ fewShot: FewShot, on inputs: LabelledInputs) throws -> FewShotReport {
    try fewShot.evaluate(
      embeddings: embed(inputs), dimension: network.dimension, labels: inputs.labels, metric: .euclidean)
  }
}
