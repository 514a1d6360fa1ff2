import ArgumentParser
import Foundation
import LikenessTraining

/// Trains the faces recipe on seeded identity-disjoint splits of a folder and measures each model on the people it
/// never saw, beside PCA and Fisherfaces on the same splits.
@main
struct FaceSplits: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "face-splits",
    abstract: "Identity-disjoint splits of a folder of faces: the trained network beside PCA and Fisherfaces.")

  @Option(help: "A folder of folders: a folder per person.") var data: String
  @Option(help: "How many people each split keeps from the training.") var unseen = 10
  @Option(help: "How many splits.") var splits = 5
  @Option(help: "The first split's seed; the others follow it.") var seed: UInt64 = 1
  @Option(help: "Another folder to measure each model on as well.") var also: String?
  @Option(help: "The loss, for all networks; the recipe's where not given.") var loss: String?
  @Option(help: "How many networks; the recipe's where not given.") var networks: Int?
  @Flag(help: "Baselines only.") var baselinesOnly = false

  func run() throws {
    let folder = try PictureFolder(path: data)
    let other = try also.map { try PictureFolder(path: $0) }
    var reports: [String: [IdentificationReport]] = [:]
    var order: [String] = []
    func record(_ name: String, _ report: IdentificationReport) {
      if reports[name] == nil { order.append(name) }
      reports[name, default: []].append(report)
    }
    for split in seed..<seed + UInt64(splits) {
      let (strangers, known) = folder.divided(settingAside: unseen, seed: split)
      let (training, testing) = (folder.subset(known), folder.subset(strangers))
      if !baselinesOnly {
        var trainer = FaceTrainer()
        trainer.seed = split
        trainer.measures = false
        trainer.members = networks
        trainer.loss = try loss.map {
          guard let kind = LossSettings.Kind(rawValue: $0) else { throw ValidationError("There is no loss \($0).") }
          return kind
        }
        let before = cpuSeconds()
        let trained = try trainer.train(training)
        let cpu = cpuSeconds() - before
        record("network", try trained.model.evaluate(on: testing, bootstrap: 0))
        if let other { record("network, elsewhere", try trained.model.evaluate(on: other, bootstrap: 0)) }
        print(
          "split \(split): \(String(format: "%.1f s, %.1f CPU s", trained.seconds, cpu)); best epochs "
            + trained.committee.members.map { "\($0.bestEpoch + 1)/\($0.epochs.count)" }.joined(separator: " ")
            + "; crop \(trained.model.preprocessing.centralFraction)"
            + trained.committee.members.flatMap(\.collapses).map { "; " + $0.sentence }.joined())
        print(IdentificationReport.table([("", try trained.model.evaluate(on: testing, bootstrap: 0))]))
      }
      for recipe in BaselineRecipe.standard {
        let baseline = try recipe.fit(training)
        record(recipe.name, try baseline.model.evaluate(on: testing, bootstrap: 0))
        if let other { record(recipe.name + ", elsewhere", try baseline.model.evaluate(on: other, bootstrap: 0)) }
      }
    }
    print("\n\(splits) splits, \(unseen) people unseen: mean ± standard deviation")
    print(ReportSummary.table(try order.map { ($0, try ReportSummary(reports[$0] ?? [])) }))
  }

  private func cpuSeconds() -> Double {
    Double(clock()) / Double(CLOCKS_PER_SEC)
  }
}
