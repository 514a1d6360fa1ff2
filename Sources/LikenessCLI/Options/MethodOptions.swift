import ArgumentParser
import LikenessTraining

/// What a network learns by: the loss with its numbers, and what it is shown.
struct MethodOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The loss. Default: triplet.",
      discussion: """
        triplet, soft-margin and contrastive learn from triplets that a miner chooses; nt-xent, supcon and n-pair from all \
        of a batch; arcface, cosine-softmax, proxy-nca and proxy-anchor from one learned direction a person, thrown away \
        afterwards.
        """))
  var loss: LossSettings.Kind?

  @Option(help: "The margin of triplet, contrastive, arcface (an angle) or proxy-anchor. Default: the recipe's.")
  var margin: Float?

  @Option(help: "The scale of soft-margin, n-pair, arcface, cosine-softmax, proxy-nca or proxy-anchor.")
  var scale: Float?

  @Option(help: "The temperature of nt-xent or supcon.")
  var temperature: Float?

  @Option(
    help: ArgumentHelp(
      "What is trained on: \(Miner.allValueStrings.joined(separator: ", ")). Default: soft-hard.",
      discussion: """
        index: before every epoch all training embeddings go into the gallery's index, and batches are made of the people \
        that it finds confused; works with every loss, and within a batch the recipe's miner chooses. The others choose \
        triplets within random batches.
        """))
  var miner: Miner?

  /// A miner of triplets, or the index as the maker of batches.
  enum Miner: ExpressibleByArgument, Equatable {
    case triplets(TripletMiner)
    case index

    init?(argument: String) {
      if argument == "index" {
        self = .index
      } else if let miner = TripletMiner(rawValue: argument) {
        self = .triplets(miner)
      } else {
        return nil
      }
    }

    static var allValueStrings: [String] { TripletMiner.allCases.map(\.rawValue) + ["index"] }
  }

  /// Hands the choices to a trainer.
  func apply(to trainer: inout FolderTrainer<some FolderRecipe>) {
    trainer.loss = loss
    trainer.margin = margin
    trainer.scale = scale
    trainer.temperature = temperature
    switch miner {
    case .triplets(let chosen): trainer.miner = chosen
    case .index: trainer.batches = .confused
    case nil: break
    }
  }
}

extension LossSettings.Kind: ExpressibleByArgument {}

extension TripletMiner: ExpressibleByArgument {}
