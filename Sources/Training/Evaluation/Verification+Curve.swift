extension Verification {
  /// How many impostor pairs there are.
  var impostorPairs: Int { impostors.identities.count }

  /// The ROC curve at the distances of genuine pairs, thinned to steps of half a percent of TAR or a tenth of the FAR.
  func curve() -> [IdentificationReport.ROCPoint] {
    var points: [IdentificationReport.ROCPoint] = []
    let distances = genuine.distances
    var run = 0
    while run < distances.count {
      let first = run
      while run < distances.count, distances[run] == distances[first] { run += 1 }
      // Impostor pairs at most this far apart have at most `first` genuine pairs strictly nearer.
      let point = IdentificationReport.ROCPoint(
        distance: distances[first], far: Double(impostors.groupStart[first + 1]) / Double(impostorPairs),
        tar: Double(run) / Double(distances.count))
      if let last = points.last, run < distances.count, point.tar - last.tar < 0.005, point.far <= last.far * 1.1 {
        continue
      }
      points.append(point)
    }
    return points
  }
}
