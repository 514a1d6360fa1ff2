import Foundation
import Likeness
import LikenessTraining

extension TrainedEmbedder: TrainingOutcome {
  var result: [String: JSONValue] {
    get throws {
      var result: [String: JSONValue] = [
        "best_epochs": .array(card.bestEpochs.map { .number(Double($0.epoch)) }), "seconds": .number(seconds),
      ]
      if let figures = card.figures { result["validation"] = try JSONValue(encoding: figures) }
      if let fewShots = card.fewShots { result["validation_few_shot"] = try JSONValue(encoding: fewShots) }
      return result
    }
  }

  /// How it went, how well identities it never saw are told apart, where it errs, and what the model says of itself.
  func page() throws -> ReportPage {
    let reports = reports ?? []
    var sections = [EmbedderCurves(committee: committee).html]
    if reports.isEmpty {
      sections.append(
        """
        <h2>How well it does</h2>
        <p>No identities were set aside to steer by, so nothing can be said of \(others) it never saw. \
        <code>likeness evaluate MODEL FOLDER</code> says it of \(others) kept apart.</p>
        """)
    } else {
      sections.append(ErrorCurves(reports: reports, of: others).html)
      sections.append(baselines(reports))
    }
    if let fewShots { sections.append(FewShotTable(rows: fewShots).html) }
    if let look = try look() {
      sections.append(confusions(look))
      sections.append(
        PlaneMap(
          heading: "A map of the \(others) set aside", plane: look.map, names: look.labels.map { look.names[$0] }
        ).html)
    }
    return ReportPage(
      title: "How an embedder learned", lead: introduction,
      caution: "Candidates are leads for a person to review, never identifications.", figures: figures(reports),
      sections: sections, card: try ModelCardSection(card: card))
  }

  /// What identities are called.
  private var others: String { card.recipe == FaceRecipe.name ? "people" : "classes" }

  private var introduction: String {
    let kinds = (card.losses ?? card.configuration.map { [$0.loss] } ?? []).map(\.kind.rawValue)
    let loss = kinds.isEmpty ? card.recipe : Set(kinds).sorted(by: >).joined(separator: " or ")
    return """
      \(counted(committee.members.count, "network")) learned by the \(escaped(loss)) loss from \(card.pictures) pictures of \
      \(card.identities) identities that pictures of one identity belong together. \(steering)
      """
  }

  private var steering: String {
    guard committee.scout != nil else {
      return "None were set aside to steer by, so nothing here says how well others are told apart."
    }
    return """
      Before that a first network set \(validationIdentities.count) of them aside, never trained on those, and found by them \
      which epoch is best: what is said below of unseen \(others) is said of that one network.
      """
  }

  private func figures(
    _ reports: [(name: String, report: IdentificationReport)]
  ) -> [(value: String, meaning: String)] {
    var figures = [
      ("\(model.network.dimension)", "values an embedding"), (ProgressBar.clock(seconds), "of training"),
    ]
    if let report = reports.first?.report {
      figures.append((ReportPage.percent(report.eer.value), "equal error rate on \(others) set aside"))
      figures.append((ReportPage.percent(report.tarAtFAR1Percent.value), "true accepts at 1 % false accepts"))
      figures.append((ReportPage.percent(report.rank1With1.value), "found first with one picture enrolled"))
    }
    return figures.map { (value: $0.0, meaning: $0.1) }
  }

  private func baselines(_ reports: [(name: String, report: IdentificationReport)]) -> String {
    """
    <h2>Beside the classics, on the same \(others) set aside</h2>
    <p class="soft">With 95 % bootstrap intervals over \(validationIdentities.count) \(others): the fewer, the wider.</p>
    \(FiguresTable(reports: reports).html)
    """
  }

  private func confusions(_ look: ValidationLook) -> String {
    func cards(_ pairs: [ValidationLook.Pair], isRight: Bool) -> String {
      pairs.map { pair in
        let faces = zip(pair.sources, pair.names).map { source, name in
          Thumbnail(try? model.seen(source), name: name, detail: "", isMate: isRight).html
        }
        return """
          <div class="answer pair\(isRight ? "" : " wrong")">\(faces.joined(separator: "<span class=\"arrow\" aria-hidden=\"true\">↔</span>"))\
          <span class="distance">\(String(format: "%.3f", pair.distance))</span></div>
          """
      }.joined()
    }
    return """
      <h2>The worst confusions</h2>
      <p class="soft">The pictures as the networks see them\(model.network.framing == nil ? "" : ", framed as those of the training are").</p>
      <h3>Different \(others), too near</h3>
      <div class="answers pairs">\(cards(look.nearestStrangers, isRight: false))</div>
      <h3>The same, too far apart</h3>
      <div class="answers pairs">\(cards(look.farthestMates, isRight: true))</div>
      """
  }
}
