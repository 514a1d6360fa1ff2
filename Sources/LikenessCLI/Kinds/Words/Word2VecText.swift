import Networks
import VectorFiles

/// Writes a model's vectors as word2vec text.
enum Word2VecText {
  static func write(_ model: WordModel, to path: String) throws {
    let writer = try VectorFile.writer(
      path: path, format: .word2vec, dimension: model.dimension, rows: model.words.count)
    for (number, word) in model.words.enumerated() {
      try writer.write(VectorRow(number: number, identity: word, vector: model.vector(number)))
    }
    try writer.finish()
  }
}
