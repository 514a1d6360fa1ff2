/// Says in sentences what a set of images is too small to show.
enum EvaluationNotes {
  static func notes(
    _ identities: LabelledIdentities, impostorPairs: Int, trials: IdentificationTrials
  ) -> [String] {
    var notes: [String] = []
    for (rate, name) in [(0.01, "1 %"), (0.001, "0.1 %")] {
      let allowed = Int(rate * Double(impostorPairs) * (1 + 1e-12))
      if allowed == 0 {
        notes.append("TAR@FAR \(name): with \(impostorPairs) impostor pairs none may be accepted")
      } else if allowed < 10 {
        notes.append("TAR@FAR \(name) rests on the \(allowed + 1) nearest of \(impostorPairs) impostor pairs")
      }
    }
    let strangers = trials.open.map(\.strangers.count).min() ?? 0
    for (rate, name) in [(0.01, "1 %"), (0.1, "10 %")] where Int(rate * Double(strangers) * (1 + 1e-12)) == 0 {
      notes.append("DIR@FPIR \(name): with \(strangers) stranger probes a draw none may be accepted")
    }
    if trials.open.allSatisfy(\.mated.isEmpty) {
      notes.append("DIR: no draw had a mated probe, 0 stands for unknown")
    }
    let single = identities.members.count { $0.count == 1 }
    if single > 0 {
      notes.append("\(single) of \(identities.count) identities have a single image: it is never a probe")
    }
    let few = identities.members.count { (2...5).contains($0.count) }
    if few > 0 {
      notes.append(
        "\(few) of \(identities.count) identities have fewer than 6 images and enrol all but one")
    }
    if identities.count < 10 {
      notes.append("\(identities.count) identities are few: intervals over so few are too narrow")
    }
    return notes
  }
}
