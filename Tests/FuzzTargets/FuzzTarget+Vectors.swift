import VectorFiles

extension FuzzTarget {
  /// The formats in which vectors are imported, each read to its end. The Projector's is only written.
  static let vectorFiles = VectorFileFormat.allCases.filter { $0 != .projector }.map { format in
    FuzzTarget(name: format.rawValue) { bytes in
      var rows = 0
      do {
        let reader = try VectorFile.reader(bytes: bytes, format: format)
        // A reader that does not come forward would go on for ever.
        for _ in 0...bytes.count {
          do {
            guard let row = try reader.next() else { return rows > 0 }
            if row.vector.isEmpty || row.vector.count > VectorFile.largestDimension {
              throw Failure("row \(row.number) has \(row.vector.count) values")
            }
            rows += 1
          } catch let error as VectorFileError where error.canContinue {
            _ = try refused("\(error)")
          }
        }
      } catch let error as VectorFileError {
        return try refused("\(error)")
      }
      throw Failure("\(rows) rows come of \(bytes.count) bytes, and more")
    }
  }
}
