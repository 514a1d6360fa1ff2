import Networks

/// One batch: pictures, a text for each, and what each picture and text are to each other.
struct CaptionBatch {
  /// `[n]`, rows of the data.
  var rows: [Int] = []
  /// The augmented pictures, `[n] + shape`.
  var pictures = Tensor(shape: [0])
  /// The texts as rows of the table with weights.
  var bags: [[CaptionVocabulary.Entry]] = []
  /// `[n × n]`, picture by text.
  var relations: [CaptionLoss.Relation] = []
  /// `[n × n]`, picture by picture.
  var pictureRelations: [CaptionLoss.Relation] = []
}

/// Deals batches: concepts from a shuffled deck, up to two drawings of each, one text a drawing drawn from its captions.
///
/// A text is one caption or several put together, with some words left out, and some words known by their pieces only.
struct CaptionSampler {
  private let data: CaptionedPictures
  private let concepts: [[Int]]
  private let words: [[CaptionFeatures.Word]]
  private let vocabulary: CaptionVocabulary
  private let configuration: CaptionConfiguration
  private let workers: Workers
  private let augmentations: SeededRandom
  private var random: SeededRandom
  private var deck: [Int] = []

  init(
    _ data: CaptionedPictures, vocabulary: CaptionVocabulary, configuration: CaptionConfiguration, seed: UInt64,
    workers: Int
  ) {
    self.data = data
    self.vocabulary = vocabulary
    self.configuration = configuration
    self.workers = Workers(workers)
    concepts = data.concepts
    words = data.captions.map(CaptionFeatures.features)
    random = SeededRandom(seed: seed).split(0)
    augmentations = SeededRandom(seed: seed).split(1)
  }

  /// The next batch, at most as many pictures as there are.
  mutating func next(step: Int) -> CaptionBatch {
    var batch = CaptionBatch()
    var lines: [[Int]] = []
    var chosen: Set<Int> = []
    while batch.rows.count < configuration.batch, chosen.count < concepts.count {
      if deck.isEmpty { deck = random.shuffled(Array(concepts.indices)) }
      let concept = deck.removeLast()
      guard chosen.insert(concept).inserted else { continue }
      for row in random.shuffled(concepts[concept]).prefix(2) where batch.rows.count < configuration.batch {
        let used = draw(data.captionsOfPicture[row])
        batch.rows.append(row)
        lines.append(used)
        batch.bags.append(vocabulary.bag(thinned(used.flatMap { words[$0] })))
      }
    }
    batch.relations = relations(batch.rows, lines)
    batch.pictureRelations = pictureRelations(batch.rows)
    batch.pictures = augmented(batch.rows, random: augmentations.split(UInt64(step)))
    return batch
  }

  /// Which of a picture's captions are used: one of them as often as several.
  private mutating func draw(_ captions: [Int]) -> [Int] {
    guard captions.count > 1 else { return captions }
    let count = random.chance(0.5) ? 1 : 2 + random.integer(below: captions.count - 1)
    return Array(random.shuffled(captions).prefix(count))
  }

  /// Words with some left out, never all.
  private mutating func thinned(_ words: [CaptionFeatures.Word]) -> [CaptionFeatures.Word] {
    var kept: [CaptionFeatures.Word] = []
    var seen: Set<UInt64> = []
    for word in words where seen.insert(word.whole).inserted {
      if !random.chance(configuration.wordDropout) { kept.append(word) }
    }
    if kept.isEmpty, !words.isEmpty { kept = [words[random.integer(below: words.count)]] }
    return kept.map { word in
      guard !word.pieces.isEmpty, random.chance(configuration.wholeDropout) else { return word }
      return word.inPieces
    }
  }

  /// A text fits every picture that has all the captions it was made of; one that has some of them is no counterexample.
  private func relations(_ rows: [Int], _ lines: [[Int]]) -> [CaptionLoss.Relation] {
    rows.flatMap { picture -> [CaptionLoss.Relation] in
      let own = data.captionsOfPicture[picture]
      return rows.indices.map { text -> CaptionLoss.Relation in
        if data.looks[rows[text]] == data.looks[picture] { return .positive }
        let shared = lines[text].count { own.contains($0) }
        return shared == lines[text].count ? .positive : shared > 0 ? .neutral : .negative
      }
    }
  }

  /// Two drawings of one concept belong together; a picture and itself say nothing.
  private func pictureRelations(_ rows: [Int]) -> [CaptionLoss.Relation] {
    rows.indices.flatMap { left -> [CaptionLoss.Relation] in
      rows.indices.map { right -> CaptionLoss.Relation in
        if left == right || data.looks[rows[left]] == data.looks[rows[right]] { return .neutral }
        let (own, other) = (data.captionsOfPicture[rows[left]], data.captionsOfPicture[rows[right]])
        let shared = own.count { other.contains($0) }
        return shared == own.count && shared == other.count ? .positive : shared > 0 ? .neutral : .negative
      }
    }
  }

  private func augmented(_ rows: [Int], random forStep: SeededRandom) -> Tensor {
    let (stride, width) = (data.stride, data.preprocessing.count)
    let shape = data.preprocessing.unnormalized.shape
    var batch = Tensor(shape: [rows.count] + data.preprocessing.shape)
    batch.withUnsafeMutableBufferPointer { output in
      workers.forEach(rows.count) { place, _ in
        var random = forStep.split(UInt64(place))
        withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * stride) { memory in
          memory.initialize(repeating: 0)
          let source = UnsafeMutableBufferPointer(rebasing: memory[..<stride])
          let planes = UnsafeMutableBufferPointer(rebasing: memory[stride...])
          data.pixels.withUnsafeBufferPointer { pixels in
            let start = rows[place] * stride
            for i in 0..<stride { source[i] = Float(pixels[start + i]) * (1 / 255) }
          }
          configuration.augmentation.apply(to: source, shape: shape, into: planes, random: &random)
          data.preprocessing.normalize(
            UnsafeBufferPointer(planes),
            into: UnsafeMutableBufferPointer(rebasing: output[place * width..<(place + 1) * width]))
        }
      }
    }
    return batch
  }
}

extension CaptionSampler {
  /// What is left to deal, and the chance to come.
  struct State: Sendable, Codable {
    var deck: [Int]
    var random: SeededRandom
  }

  /// The state between two batches.
  var state: State { State(deck: deck, random: random) }

  /// Goes on from the state of a sampler of the same data; false where it does not fit.
  mutating func restore(_ state: State) -> Bool {
    guard state.deck.allSatisfy({ concepts.indices.contains($0) }) else { return false }
    (deck, random) = (state.deck, state.random)
    return true
  }
}
