import Images
import Networks

/// What turning does to the classes of some pictures, found by trying.
///
/// Every picture is turned and compared, small and standardized, with all others as they are. Where the nearest other one
/// is about as often of its own class as without turning, the class survives the turn: an apple mirrored is an apple. A
/// `b` mirrored is a `d`: there mirrored pictures of a class are a class of their own, to be told from all others, and
/// from few classes a network learns more where it has those too (Santoro et al. 2016, arXiv 1605.06065).
public struct Turns: Sendable, Hashable {
  /// Whether pictures may be mirrored in training and in views.
  public let keepsMirrored: Bool
  /// The turns that make other classes of classes.
  public let makers: [Turn]
  /// For each of ``makers``, the classes that look alike after it and so are not made others of.
  let alike: [Turn: Set<Int>]

  /// More pictures than these are enough to learn from as they are.
  private static let most = 4_000
  private static let side = 16

  /// Looks at inputs.
  ///
  /// - Parameter inputs: their preprocessing's colour and framing do not matter.
  public init(of inputs: LabelledInputs) {
    let shape = inputs.preprocessing.unnormalized.shape
    let (height, width) = (shape[1], shape[2])
    // Spread evenly where there are many.
    let step = max(1, (inputs.count + 1_999) / 2_000)
    let rows = Array(stride(from: 0, to: inputs.count, by: step))
    let stride = inputs.stride
    let pictures = rows.map { Array(inputs.values[$0 * stride..<($0 + 1) * stride]) }
    let labels = rows.map { inputs.labels[$0] }
    let straight = Self.small(pictures, shape)
    let own = Self.ownShares(straight, straight, labels)
    func shares(_ turn: Turn) -> [Int: Double] {
      let turned = pictures.map { turn.apply(to: $0[...], channels: shape[0], height: height, width: width) }
      return Self.ownShares(Self.small(turned, shape), straight, labels)
    }
    func mean(_ shares: [Int: Double]) -> Double {
      shares.isEmpty ? 0 : shares.values.reduce(0, +) / Double(shares.count)
    }
    let mirrored = shares(.mirrored)
    keepsMirrored = mean(mirrored) > 0.6 * mean(own)
    guard !keepsMirrored, inputs.count <= Self.most else {
      (makers, alike) = ([], [:])
      return
    }
    var makers: [Turn] = []
    var alike: [Turn: Set<Int>] = [:]
    for turn in Turn.allCases where height == width || !turn.isSideways {
      let shares = turn == .mirrored ? mirrored : shares(turn)
      guard mean(shares) < 0.6 * mean(own) else { continue }
      makers.append(turn)
      alike[turn] = Set(shares.filter { $0.value > 0.2 }.keys)
    }
    (self.makers, self.alike) = (makers, alike)
  }

  /// The inputs, and after them each turned class as a class of its own.
  public func enlarged(_ inputs: LabelledInputs) -> LabelledInputs {
    let shape = inputs.preprocessing.unnormalized.shape
    var (values, labels, names) = (inputs.values, inputs.labels, inputs.names)
    for turn in makers {
      var added: [Int: Int] = [:]
      for row in 0..<inputs.count where alike[turn]?.contains(inputs.labels[row]) != true {
        let label = inputs.labels[row]
        let other = added[label] ?? names.count
        if added[label] == nil {
          added[label] = other
          names.append("\(inputs.names[label]) \(turn)")
        }
        values += turn.apply(
          to: inputs.values[row * inputs.stride..<(row + 1) * inputs.stride], channels: shape[0], height: shape[1],
          width: shape[2])
        labels.append(other)
      }
    }
    return LabelledInputs(preprocessing: inputs.preprocessing, values: values, labels: labels, names: names)
  }

  /// Means over cells of a coarse grid and all channels, on the unit sphere about their mean: `[n, side²]`.
  private static func small(_ pictures: [[Float]], _ shape: [Int]) -> Tensor {
    let (channels, height, width) = (shape[0], shape[1], shape[2])
    var result = Tensor(shape: [pictures.count, side * side])
    result.withUnsafeMutableBufferPointer { target in
      for (place, picture) in pictures.enumerated() {
        var sums = [Float](repeating: 0, count: side * side)
        var counts = sums
        for row in 0..<height {
          for column in 0..<width {
            let cell = row * side / height * side + column * side / width
            for channel in 0..<channels { sums[cell] += picture[(channel * height + row) * width + column] }
            counts[cell] += Float(channels)
          }
        }
        for cell in sums.indices where counts[cell] > 0 { sums[cell] /= counts[cell] }
        let mean = sums.reduce(0, +) / Float(sums.count)
        let norm = max(sums.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }.squareRoot(), 1e-6)
        for cell in sums.indices { target[place * side * side + cell] = (sums[cell] - mean) / norm }
      }
    }
    return result
  }

  /// By class, the share of probes whose nearest other picture is of their class.
  private static func ownShares(_ probes: Tensor, _ gallery: Tensor, _ labels: [Int]) -> [Int: Double] {
    let count = labels.count
    var (right, asked): ([Int: Int], [Int: Int]) = ([:], [:])
    let likeness = Tensor.product(probes, gallery, transposeRight: true)
    likeness.withUnsafeBufferPointer { likeness in
      for probe in 0..<count {
        var best = -1
        for other in 0..<count where other != probe {
          if best < 0 || likeness[probe * count + other] > likeness[probe * count + best] { best = other }
        }
        guard best >= 0 else { continue }
        asked[labels[probe], default: 0] += 1
        if labels[best] == labels[probe] { right[labels[probe], default: 0] += 1 }
      }
    }
    return asked.reduce(into: [:]) { $0[$1.key] = Double(right[$1.key, default: 0]) / Double($1.value) }
  }
}
