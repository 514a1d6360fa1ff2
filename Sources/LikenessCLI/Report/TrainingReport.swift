import Foundation
import LikenessTraining

/// The page a training leaves behind: how it went, how well people it never saw are told apart, where it errs, and what
/// the model says of itself.
struct TrainingReport {
  let trained: TrainedEmbedder

  /// Writes `report.html` into a folder, which is made where it is not there.
  ///
  /// - Returns: the page's path.
  func write(to folder: String) throws -> String {
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw CommandFailure("\(folder): the folder for the report cannot be made: \(error.localizedDescription)")
    }
    let path = (folder as NSString).appendingPathComponent("report.html")
    try AtomicFile.write(Data(text().utf8), to: path)
    return path
  }

  /// The page.
  func text() throws -> String {
    let look = try trained.look()
    let reports = trained.reports ?? []
    var parts = [introduction, figures(reports), TrainingCurves(trained: trained).html]
    if reports.isEmpty {
      parts.append(
        """
        <h2>How well it does</h2>
        <p>No identities were set aside to steer by, so nothing can be said of people it never saw. \
        <code>likeness evaluate MODEL FOLDER</code> says it of people kept apart.</p>
        """)
    } else {
      parts.append(ErrorCurves(reports: reports).html)
      parts.append(baselines(reports))
    }
    if let look {
      parts.append(confusions(look))
      parts.append(map(look))
    }
    parts.append(try ModelCardSection(card: trained.card).html)
    return HTMLPage(title: "Likeness: a training", body: parts.joined(separator: "\n")).text
  }

  private var introduction: String {
    let loss = trained.card.configuration?.loss.kind.rawValue ?? trained.card.recipe
    return """
      <h1>How an embedder learned</h1>
      <p class="lead">\(trained.committee.members.count) networks learned by the \(escaped(loss)) loss from \
      \(trained.card.pictures) pictures of \(trained.card.identities) identities that pictures of one identity belong \
      together. Before that a first network set \(trained.validationIdentities.count) of them aside, never trained on \
      those, and found by them which epoch is best: what is said below of unseen people is said of that one network.</p>
      <p class="soft">Candidates are leads for a person to review, never identifications.</p>
      """
  }

  private func figures(_ reports: [(name: String, report: IdentificationReport)]) -> String {
    var cards = [
      ("\(trained.model.network.dimension)", "values an embedding"),
      (ProgressBar.clock(trained.seconds), "of training"),
      ("\(PeakMemory.bytes >> 20) MB", "of memory at most"),
    ]
    if let report = reports.first?.report {
      cards.append((Self.percent(report.eer.value), "equal error rate on people set aside"))
      cards.append((Self.percent(report.tarAtFAR1Percent.value), "true accepts at 1 % false accepts"))
      cards.append((Self.percent(report.rank1With1.value), "found first with one picture enrolled"))
    }
    let cells = cards.map { "<div class=\"figure\"><b>\($0.0)</b><span>\($0.1)</span></div>" }
    return "<div class=\"figures\">\(cells.joined())</div>"
  }

  private func baselines(_ reports: [(name: String, report: IdentificationReport)]) -> String {
    """
    <h2>Beside the classics, on the same people set aside</h2>
    <p class="soft">With 95 % bootstrap intervals over \(trained.validationIdentities.count) people: few people, wide \
    intervals.</p>
    \(FiguresTable(reports: reports).html)
    """
  }

  private func confusions(_ look: ValidationLook) -> String {
    func cards(_ pairs: [ValidationLook.Pair], isRight: Bool) -> String {
      pairs.map { pair in
        let faces = zip(pair.sources, pair.names).map { source, name in
          Thumbnail(path: source, name: name, detail: "", isMate: isRight).html
        }
        return """
          <div class="answer pair\(isRight ? "" : " wrong")">\(faces.joined(separator: "<span class=\"arrow\" aria-hidden=\"true\">↔</span>"))\
          <span class="distance">\(String(format: "%.3f", pair.distance))</span></div>
          """
      }.joined()
    }
    return """
      <h2>The worst confusions</h2>
      <h3>Different people, too near</h3>
      <div class="answers pairs">\(cards(look.nearestStrangers, isRight: false))</div>
      <h3>The same person, too far apart</h3>
      <div class="answers pairs">\(cards(look.farthestMates, isRight: true))</div>
      """
  }

  private func map(_ look: ValidationLook) -> String {
    let groups = Set(look.labels).sorted().map { label in
      ScatterChart.Group(
        name: look.names[label], points: look.labels.indices.filter { look.labels[$0] == label }.map { look.map[$0] })
    }
    return """
      <h2>A map of the people set aside</h2>
      <p class="soft">The two directions in which their embeddings vary most, with \
      \(Self.percent(look.explained)) of all variance: who is apart here is apart, who is together may not be.</p>
      <div class="chart map">\(ScatterChart(groups: groups).svg)</div>
      """
  }

  static func percent(_ share: Double) -> String {
    String(format: "%.1f %%", share * 100)
  }
}
