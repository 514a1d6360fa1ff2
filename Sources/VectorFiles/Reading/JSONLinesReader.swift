/// Reads one JSON object a line: `identity` and `vector`, and, where they are known, `source`, `source_sha256`,
/// `quality` and `attributes`. Other fields are passed over.
final class JSONLinesReader: VectorReader {
  private let lines: TextRows
  private(set) var ignoredFields: Set<String> = []
  private var capacity = 0

  init(_ source: ByteSource) throws {
    lines = try TextRows(source)
  }

  var path: String { lines.source.path }
  var dimension: Int? { nil }
  var rowCount: Int? { nil }
  var byteCount: Int? { lines.source.size }
  var position: VectorFilePosition { lines.position }
  func place(_ number: Int) -> VectorFileError.Place { .line(number) }
  func seek(to position: VectorFilePosition) throws { try lines.seek(to: position) }

  func next() throws -> VectorRow? {
    guard let line = try lines.nextFilled() else { return nil }
    lines.rows += 1
    do {
      return try row(line)
    } catch let fault as JSONCursor.Fault {
      throw lines.fault(fault.reason)
    }
  }

  private func row(_ line: UnsafeRawBufferPointer) throws -> VectorRow {
    var cursor = JSONCursor(line)
    var identity: String?
    var vector: [Float]?
    var row = VectorRow(number: lines.lines, vector: [])
    var seen: Set<String> = []
    try cursor.object { cursor, key in
      guard Self.known.contains(key) else {
        if ignoredFields.count < 32 { ignoredFields.insert(VectorFileError.shown(key)) }
        _ = try cursor.value()
        return
      }
      guard seen.insert(key).inserted else { throw JSONCursor.Fault("the field \"\(key)\" is there twice") }
      switch key {
      case "identity": identity = try cursor.string("the identity")
      case "vector": vector = try cursor.numbers(limit: VectorFile.largestDimension, capacity: capacity)
      case _ where cursor.takeNull(): break
      case "source": row.source = try cursor.string("the source")
      case "source_sha256": row.sourceSHA256 = try cursor.string("source_sha256")
      case "quality": row.quality = try cursor.number("the quality")
      default: row.attributes = try attributes(&cursor)
      }
    }
    guard cursor.isFinished() else { throw JSONCursor.Fault("something comes behind the object: one object a line") }
    guard let identity else { throw JSONCursor.Fault("it has no field \"identity\"") }
    guard let vector else { throw JSONCursor.Fault("it has no field \"vector\"") }
    guard !vector.isEmpty else { throw JSONCursor.Fault("its \"vector\" is empty") }
    row.identity = identity
    row.vector = vector
    capacity = vector.count
    return row
  }

  private func attributes(_ cursor: inout JSONCursor) throws -> String {
    let bytes = try cursor.value()
    guard bytes.first == UInt8(ascii: "{") else { throw JSONCursor.Fault("the attributes are no JSON object") }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw JSONCursor.Fault("the attributes are not UTF-8: save the file as UTF-8")
    }
    return text
  }

  private static let known: Set<String> = [
    "identity", "vector", "source", "source_sha256", "quality", "attributes",
  ]
}
