import LikenessTraining

/// The curves of a training: loss, what was looked at on the way, distances, lengths.
struct TrainingCurves {
  let trained: TrainedEmbedder

  var html: String {
    """
    <h2>How it learned</h2>
    <div class="charts">
    \(chart("Loss", "loss", loss))
    \(validation.isEmpty ? "" : chart("People set aside", "EER, score", validation, yRange: 0...1))
    \(chart("Mean distance in a batch", "distance", distances, yRange: 0...2))
    \(norms.isEmpty ? chart("Gradient", "length", gradients) : chart("Lengths before normalisation, and of gradients", "length", norms))
    </div>
    """
  }

  private var first: [EpochRecord] {
    trained.committee.scout?.epochs ?? trained.committee.members.first?.epochs ?? []
  }

  private func chart(
    _ title: String, _ label: String, _ series: [LineChart.Series], yRange: ClosedRange<Double>? = nil
  ) -> String {
    let largest = series.flatMap { $0.points.map(\.y) }.filter(\.isFinite).max() ?? 1
    let lowest = min(0, series.flatMap { $0.points.map(\.y) }.filter(\.isFinite).min() ?? 0)
    let range = yRange ?? lowest...max(largest * 1.05, lowest + 0.01)
    let chart = LineChart(xLabel: "step", yLabel: label, series: series, yRange: range)
    return "<div class=\"chart\"><h3>\(escaped(title))</h3>\(chart.svg)</div>"
  }

  private func line(
    _ name: String, _ color: String, of epochs: [EpochRecord]? = nil, isDashed: Bool = false,
    _ value: (EpochRecord) -> Double?
  ) -> LineChart.Series? {
    let points = (epochs ?? first).compactMap { epoch in value(epoch).map { (x: Double(epoch.step), y: $0) } }
    return points.isEmpty ? nil : LineChart.Series(name: name, points: points, color: color, isDashed: isDashed)
  }

  private var loss: [LineChart.Series] {
    let members = trained.committee.members.enumerated().compactMap { index, member in
      index == 0 && trained.committee.scout == nil
        ? nil : line(index == 0 ? "the others" : "", "var(--three)", of: member.epochs, isDashed: true) { $0.loss }
    }
    return members + [line("first network", "var(--one)") { $0.loss }].compactMap { $0 }
  }

  private var validation: [LineChart.Series] {
    [
      line("score", "var(--one)") { $0.score }, line("equal error rate", "var(--two)", isDashed: true) { $0.eer },
    ].compactMap { $0 }
  }

  private var distances: [LineChart.Series] {
    [
      line("same identity", "var(--right)") { $0.positiveDistance },
      line("different", "var(--wrong)", isDashed: true) { $0.negativeDistance },
      line("all", "var(--three)") { $0.meanDistance },
    ].compactMap { $0 }
  }

  private var gradients: [LineChart.Series] {
    [line("gradient", "var(--two)") { $0.gradientNorm }].compactMap { $0 }
  }

  private var norms: [LineChart.Series] {
    guard let embedding = line("embedding", "var(--one)", { $0.embeddingNorm }) else { return [] }
    return [embedding] + [line("gradient", "var(--two)", isDashed: true) { $0.gradientNorm }].compactMap { $0 }
  }
}
