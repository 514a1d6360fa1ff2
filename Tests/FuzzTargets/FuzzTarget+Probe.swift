import Likeness
import LikenessEmbedders

extension FuzzTarget {
  /// What somebody writes for a probe: `vector:…`, `id:…`, or a sum of words.
  static let probe = FuzzTarget(name: "probe") { bytes in
    let text = String(decoding: bytes, as: UTF8.self)
    do {
      switch try Probe(text: text) {
      case .vector(let values):
        if values.count != text.utf8.count(where: { $0 == UInt8(ascii: ",") }) + 1 {
          throw Failure("\(values.count) values come of it")
        }
      case .embedding(let id):
        if try Probe(text: "id:\(id)") != .embedding(id) { throw Failure("an id is read otherwise than it is written") }
      case .input: throw Failure("an input comes of it")
      case nil:
        let terms = try WordExpression(text).terms
        if terms.contains(where: { $0.word.isEmpty || $0.word.contains(where: \.isWhitespace) }) {
          throw Failure("a word is none: \(terms)")
        }
      }
      return true
    } catch let error as GalleryError {
      return try refused(error.description)
    } catch let error as EmbedderError {
      return try refused("\(error)")
    }
  }
}
