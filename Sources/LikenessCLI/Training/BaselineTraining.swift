import Foundation
import LikenessTraining

/// Fits a closed-form recipe and writes its model file.
struct BaselineTraining {
  let recipe: BaselineRecipe
  let options: TrainingOptions
  let output: OutputOptions

  private struct Summary: Encodable {
    var model: String
    var recipe: String
    var dimension: Int
    var identities: Int
    var pictures: Int
    var skipped: [LabelledInputs.Skipped]
  }

  func run() throws {
    try OutputPlace.checkFile(options.out, for: "the model")
    let folder = try PictureFolder(path: options.data)
    let bar = ProgressBar("Reading", unit: "pictures")
    let fitted = try recipe.fit(folder, skipsBroken: options.skipBroken) { done, total in bar.update(done, of: total) }
    bar.finish()
    try AtomicFile.write(fitted.model.file(), to: options.out)
    let summary = Summary(
      model: options.out, recipe: fitted.model.recipe, dimension: fitted.model.network.dimension,
      identities: fitted.card.identities, pictures: fitted.card.pictures, skipped: fitted.skipped)
    if output.json { return try Console.printJSON(summary) }
    print(
      "\(summary.recipe): \(summary.dimension) values a picture, fitted to \(summary.pictures) pictures of "
        + "\(summary.identities) identities, in \(summary.model)")
    if !summary.skipped.isEmpty { print("left out \(summary.skipped.count) pictures that cannot be read") }
  }
}
