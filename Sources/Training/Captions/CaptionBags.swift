import Networks

/// What is said of every concept, as bags: each of its captions, and all of them put together.
struct CaptionBags {
  let bags: [[CaptionVocabulary.Entry]]
  /// The concept of each bag.
  let conceptOfBag: [Int]

  init(_ data: CaptionedPictures, concepts: [[Int]], vocabulary: CaptionVocabulary) {
    var bags: [[CaptionVocabulary.Entry]] = []
    var conceptOfBag: [Int] = []
    for (concept, members) in concepts.enumerated() {
      let captions = data.captionsOfPicture[members[0]].map { data.captions[$0] }
      for caption in captions.count > 1 ? captions + [captions.joined(separator: " ")] : captions {
        bags.append(vocabulary.bag(caption))
        conceptOfBag.append(concept)
      }
    }
    (self.bags, self.conceptOfBag) = (bags, conceptOfBag)
  }
}
