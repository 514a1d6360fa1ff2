import LikenessTraining

/// The curves of a committee's training: loss, what was looked at on the way, distances, lengths.
struct EmbedderCurves {
  let committee: CommitteeTrainer.Committee

  var html: String {
    let lengths =
      first.contains { $0.embeddingNorm != nil } ? "Lengths before normalisation, and of gradients" : "Gradient"
    return CurveChart.section(
      "How it learned",
      [
        CurveChart(title: "Loss", label: "loss", series: loss),
        CurveChart(
          title: "Identities set aside", label: "EER, score",
          series: [
            line("score", "var(--one)") { $0.score }, line("equal error rate", "var(--two)", isDashed: true) { $0.eer },
          ], yRange: 0...1),
        CurveChart(
          title: "Mean distance in a batch", label: "distance",
          series: [
            line("same identity", "var(--right)") { $0.positiveDistance },
            line("different", "var(--wrong)", isDashed: true) { $0.negativeDistance },
            line("all", "var(--three)") { $0.meanDistance },
          ], yRange: 0...2),
        CurveChart(
          title: lengths, label: "length",
          series: [
            line("embedding", "var(--one)") { $0.embeddingNorm },
            line("gradient", "var(--two)", isDashed: true) { $0.gradientNorm },
          ].filter { !$0.points.isEmpty }),
      ])
  }

  private var first: [EpochRecord] { committee.scout?.epochs ?? committee.members.first?.epochs ?? [] }

  private func line(
    _ name: String, _ color: String, isDashed: Bool = false, _ value: (EpochRecord) -> Double?
  ) -> LineChart.Series {
    LineChart.Series(name, color, of: first, isDashed: isDashed, value)
  }

  private var loss: [LineChart.Series] {
    let others = committee.members.enumerated().dropFirst(committee.scout == nil ? 1 : 0).map { index, member in
      LineChart.Series(
        index == 0 ? "the others" : "", "var(--three)", of: member.epochs, isDashed: true
      ) { $0.loss }
    }
    return others + [line("first network", "var(--one)") { $0.loss }]
  }
}
