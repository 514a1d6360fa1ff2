import Networks

/// Few-shot recognition: `ways` classes that the model never saw, `shots` pictures of each to know them by, and others
/// of them to be told apart (Lake et al. 2015; Vinyals et al. 2016, arXiv 1606.04080).
///
/// An episode draws classes, then pictures of each: the support, and as many of the rest as there are, at most
/// ``mostQueries``, as queries. A class is known by the mean of its support's embeddings (Snell, Swersky & Zemel 2017,
/// arXiv 1703.05175); a query belongs to the nearest. The figure is the mean share of right answers over the episodes,
/// its interval the 95 % of the mean's normal distribution.
///
/// ```swift
/// let report = try FewShot(episodes: 1_000).evaluate(
///   embeddings: embeddings, dimension: 64, labels: labels, metric: .euclidean)
/// print(report["5_way_1_shot"]?.value ?? 0)
/// ```
public struct FewShot: Sendable, Hashable {
  /// One question: how many classes, how many pictures to know each by.
  public struct Task: Sendable, Hashable {
    /// Classes to choose from.
    public let ways: Int
    /// Pictures of each that are known.
    public let shots: Int

    /// A question of `ways` classes and `shots` pictures of each, both at least 1.
    public init(ways: Int, shots: Int) {
      self.ways = ways
      self.shots = shots
    }

    /// The key in JSON: `5_way_1_shot`.
    public var key: String { "\(ways)_way_\(shots)_shot" }
  }

  /// The field's four.
  public static let tasks = [
    Task(ways: 5, shots: 1), Task(ways: 5, shots: 5), Task(ways: 20, shots: 1), Task(ways: 20, shots: 5),
  ]

  /// The most queries of a class in an episode.
  public static let mostQueries = 15

  /// How many episodes a figure is the mean of.
  public var episodes: Int
  /// The seed of everything drawn; the episodes of a task do not depend on the embeddings.
  public var seed: UInt64

  /// An evaluation of so many episodes a task.
  public init(episodes: Int = 1_000, seed: UInt64 = 0) {
    self.episodes = episodes
    self.seed = seed
  }

  /// Evaluates embeddings `[n, dimension]` that lie row after row.
  ///
  /// - Parameters:
  ///   - labels: `[n]`, the class of every row.
  ///   - metric: how embeddings compare; with cosine they are put on the unit sphere first.
  ///   - groups: `[n]`, where an episode's classes must be of one group (letters of one alphabet); nil for anywhere.
  /// - Throws: ``EvaluationError`` where the values are not labelled rows of finite numbers.
  public func evaluate(
    embeddings: [Float], dimension: Int, labels: [Int], metric: Evaluation.Metric, groups: [Int]? = nil,
    workers: Int = Workers.cores
  ) throws -> FewShotReport {
    guard dimension > 0, embeddings.count == labels.count.multipliedReportingOverflow(by: dimension).partialValue,
      groups.map({ $0.count == labels.count }) ?? true
    else {
      throw EvaluationError(
        "\(embeddings.count) values are not \(labels.count) labelled rows of \(dimension): give one label a row")
    }
    if let bad = embeddings.firstIndex(where: { !$0.isFinite }) {
      throw EvaluationError(
        "embedding \(bad / dimension) holds \(embeddings[bad]): the embedder made no usable vector of that picture")
    }
    var rows = embeddings
    if metric == .cosine { Self.normalize(&rows, dimension: dimension) }
    let classes = Self.classes(labels, groups: groups)
    var figures: [String: IdentificationReport.Figure?] = [:]
    for (number, task) in Self.tasks.enumerated() {
      let usable = classes.map { $0.filter { $0.count > task.shots } }.filter { $0.count >= task.ways }
      figures.updateValue(
        usable.isEmpty
          ? nil
          : figure(
            task, classes: usable, rows: rows, dimension: dimension,
            random: SeededRandom(seed: seed).split(UInt64(number)), workers: workers),
        forKey: task.key)
    }
    return FewShotReport(figures: figures, episodes: max(1, episodes))
  }

  private func figure(
    _ task: Task, classes: [[[Int]]], rows: [Float], dimension: Int, random: SeededRandom, workers: Int
  ) -> IdentificationReport.Figure {
    let shares = Workers(workers).map(Array(0..<max(1, episodes))) { number in
      var random = random.split(UInt64(number))
      let group = classes[random.integer(below: classes.count)]
      let episode = Episode(task, of: group, random: &random)
      return rows.withUnsafeBufferPointer { episode.share(rows: $0, dimension: dimension) }
    }
    let mean = shares.reduce(0, +) / Double(shares.count)
    let squares = shares.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let error = 1.96 * (squares / Double(max(1, shares.count - 1)) / Double(shares.count)).squareRoot()
    return IdentificationReport.Figure(value: mean, low: max(0, mean - error), high: min(1, mean + error))
  }

  /// Rows by class, by group.
  private static func classes(_ labels: [Int], groups: [Int]?) -> [[[Int]]] {
    var members: [Int: [Int: [Int]]] = [:]
    for (row, label) in labels.enumerated() { members[groups?[row] ?? 0, default: [:]][label, default: []].append(row) }
    return members.keys.sorted().map { group in
      let classes = members[group, default: [:]]
      return classes.keys.sorted().map { classes[$0, default: []] }
    }
  }

  private static func normalize(_ rows: inout [Float], dimension: Int) {
    for start in stride(from: 0, to: rows.count, by: dimension) {
      let range = start..<start + dimension
      let norm = rows[range].reduce(0) { $0 + $1 * $1 }.squareRoot()
      if norm > 0 { for index in range { rows[index] /= norm } }
    }
  }
}

/// One draw of a task.
private struct Episode {
  private var support: [[Int]] = []
  private var queries: [[Int]] = []

  init(_ task: FewShot.Task, of classes: [[Int]], random: inout SeededRandom) {
    for rows in Self.draw(task.ways, of: classes, random: &random) {
      let drawn = Self.draw(min(rows.count, task.shots + FewShot.mostQueries), of: rows, random: &random)
      support.append(Array(drawn.prefix(task.shots)))
      queries.append(Array(drawn.dropFirst(task.shots)))
    }
  }

  private static func draw<Element>(_ count: Int, of elements: [Element], random: inout SeededRandom) -> [Element] {
    var pool = elements
    for index in 0..<count { pool.swapAt(index, index + random.integer(below: pool.count - index)) }
    return Array(pool.prefix(count))
  }

  /// The share of queries whose own class is the nearest; among equally near ones the first drawn wins.
  func share(rows: UnsafeBufferPointer<Float>, dimension: Int) -> Double {
    var means = [Float](repeating: 0, count: support.count * dimension)
    for (place, members) in support.enumerated() {
      for row in members {
        for d in 0..<dimension { means[place * dimension + d] += rows[row * dimension + d] / Float(members.count) }
      }
    }
    var (right, asked) = (0, 0)
    means.withUnsafeBufferPointer { means in
      for (place, members) in queries.enumerated() {
        for row in members {
          var nearest = (place: -1, square: Float.infinity)
          for other in support.indices {
            var square: Float = 0
            for d in 0..<dimension {
              let difference = rows[row * dimension + d] - means[other * dimension + d]
              square += difference * difference
            }
            if square < nearest.square { nearest = (other, square) }
          }
          asked += 1
          if nearest.place == place { right += 1 }
        }
      }
    }
    return Double(right) / Double(max(1, asked))
  }
}

/// The figures of ``FewShot``. As JSON an object of `{"value":…, "low":…, "high":…}` by task, `null` where the data have
/// too few classes, or too few pictures of them.
public struct FewShotReport: Encodable, Sendable, Hashable {
  /// By ``FewShot/Task/key``.
  public let figures: [String: IdentificationReport.Figure?]
  /// How many episodes each is the mean of.
  public let episodes: Int

  /// A task's figure; nil where the data have too few classes, or too few pictures of them.
  public subscript(key: String) -> IdentificationReport.Figure? { figures[key] ?? nil }

  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  /// Writes every task's key.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    for (key, figure) in figures { try container.encode(figure, forKey: Key(stringValue: key)) }
  }

  /// Why there is no figure, a sentence a task that has none.
  public var notes: [String] {
    FewShot.tasks.filter { self[$0.key] == nil }.map { task in
      let pictures = task.shots + 1
      return "\(task.key): null, as it needs \(task.ways) classes of \(pictures) pictures or more"
    }
  }

  /// One line: the four figures in per cent with their intervals.
  public var summary: String {
    FewShot.tasks.map { task in
      guard let figure = self[task.key] else {
        return "\(task.ways)-way \(task.shots)-shot: too few classes or pictures"
      }
      let spread = (figure.high ?? figure.value) - figure.value
      return "\(task.ways)-way \(task.shots)-shot \(Self.percent(figure.value))±\(Self.percent(spread))"
    }.joined(separator: ", ")
  }

  private static func percent(_ share: Double) -> String {
    let tenths = Int((share * 1000).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }
}
