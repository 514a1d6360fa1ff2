import ArgumentParser
import LikenessEmbedders

/// What an evaluation can say where the model embeds pictures.
struct PictureEvaluationOptions: ParsableArguments, KindOptions {
  static let kind = "image"

  @Option(help: "Pictures only: random galleries to average over. Default: 20.")
  var draws: Int?

  @Option(help: "Pictures only: bootstrap resamples for the intervals; 0 for none. Default: 200.")
  var bootstrap: Int?

  var given: [String] { (draws == nil ? [] : ["--draws"]) + (bootstrap == nil ? [] : ["--bootstrap"]) }

  func validate() throws {
    if let draws, draws < 1 || draws > 10_000 { throw ValidationError("--draws must be from 1 to 10000.") }
    if let bootstrap, bootstrap < 0 || bootstrap > 10_000 {
      throw ValidationError("--bootstrap must be from 0 to 10000.")
    }
  }
}
