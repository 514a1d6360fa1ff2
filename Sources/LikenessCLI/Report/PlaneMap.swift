import LikenessTraining

/// A map of embeddings, with what it shows and what it hides.
struct PlaneMap {
  var heading: String
  var plane: EmbeddingPlane
  /// The name of each point's group.
  var names: [String]
  /// How many groups are named on the map, the first ones; nil for all where they are few.
  var named: Int?

  var html: String {
    var places: [String: Int] = [:]
    var groups: [ScatterChart.Group] = []
    for (name, point) in zip(names, plane.points) {
      if places[name] == nil {
        places[name] = groups.count
        groups.append(ScatterChart.Group(name: name, points: []))
      }
      groups[places[name] ?? 0].points.append(point)
    }
    return """
      <h2>\(escaped(heading))</h2>
      <p class="soft">The two directions in which their embeddings vary most, with \
      \(ReportPage.percent(plane.explained)) of all variance: who is apart here is apart, who is together may not be.</p>
      <div class="chart map">\(ScatterChart(groups: groups, named: named).svg)</div>
      """
  }
}
