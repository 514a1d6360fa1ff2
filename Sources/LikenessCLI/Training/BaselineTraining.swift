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
    var notes: [String]
  }

  func run() throws {
    try OutputPlace.checkModel(options.out)
    let folder = try PictureFolder(path: options.data)
    let bar = ProgressBar("Reading", unit: "pictures")
    let fitted = try recipe.fit(folder, skipsBroken: options.skipBroken) { done, total in bar.update(done, of: total) }
    bar.finish()
    try AtomicFile.write(fitted.model.file(), to: options.out)
    let summary = Summary(
      model: options.out, recipe: fitted.model.recipe, dimension: fitted.model.network.dimension,
      identities: fitted.card.identities, pictures: fitted.card.pictures, skipped: fitted.skipped,
      notes: folder.notes)
    if output.json { return try Console.printJSON(summary) }
    Console.print(
      "\(summary.recipe): \(summary.dimension) values a picture, fitted to \(counted(summary.pictures, "picture")) of "
        + "\(counted(summary.identities, "identity", "identities")), in \(summary.model)")
    for note in summary.notes { Console.print("note: \(note)") }
    if !summary.skipped.isEmpty {
      Console.print("left out \(counted(summary.skipped.count, "picture")) that cannot be read")
    }
  }
}
