import GRDB
import HNSW

/// A condition on rows, as an SQL expression, and the embeddings that it allows.
struct Condition: Sendable, Hashable {
  let expression: String

  /// The embeddings that it allows in the snapshot that `db` is in.
  ///
  /// - Throws: ``GalleryError/invalidArgument(reason:)`` for what is no expression.
  func allowed(in db: Database, embedder: EmbedderRow) throws -> IDSet {
    let rows = try statement(db, embedder: embedder)
    var ids: [Int64] = []
    do {
      while try rows.step() { ids.append(rows.integer(0)) }
    } catch let error as DatabaseError where error.resultCode == .SQLITE_ERROR {
      throw refusal(error)
    }
    return IDSet(ids)
  }

  private func statement(_ db: Database, embedder: EmbedderRow) throws -> RawStatement {
    // A comment at its end must not swallow what follows.
    let sql = """
      SELECT embedding.id FROM embedding JOIN identity ON identity.id = embedding.identity_id
      WHERE embedding.embedder_id = \(embedder.id) AND (\(expression)
      )
      """
    do {
      let rows = try RawStatement(db, sql, isCached: false)
      guard rows.parameterCount == 0, rows.columnCount == 1 else {
        throw GalleryError.invalidArgument(
          reason: "the condition \"\(GalleryError.shortened(expression))\" has parameters: write values into it")
      }
      return rows
    } catch let error as DatabaseError {
      throw refusal(error)
    }
  }

  private func refusal(_ error: DatabaseError) -> GalleryError {
    .invalidArgument(
      reason:
        "the condition \"\(GalleryError.shortened(expression))\" is no SQL expression on the columns of identity and "
        + "embedding (\(error.message ?? error.resultCode.description)): identity.name LIKE 'A%', say")
  }
}
