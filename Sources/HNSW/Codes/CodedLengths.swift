import CKernels

extension CodeMemory {
  /// Rounds coordinates to a node code, and returns what one unit of it is worth.
  func round(_ coordinates: UnsafePointer<Float>, into code: UnsafeMutableRawPointer) -> Float {
    isWide
      ? ck_round_to_int16(coordinates, nodeDimension, code.assumingMemoryBound(to: Int16.self))
      : ck_round_to_int8(coordinates, nodeDimension, code.assumingMemoryBound(to: Int8.self))
  }

  /// One value of a node code.
  @inline(__always)
  func value(_ code: UnsafeRawPointer, _ i: Int) -> Int32 {
    isWide
      ? Int32(code.loadUnaligned(fromByteOffset: 2 &* i, as: Int16.self))
      : Int32(code.load(fromByteOffset: i, as: Int8.self))
  }
}

/// What is summed up over the coordinates of a vector and its node code.
struct CodedLengths {
  /// Sums of the code, of all of it and of its part that belongs to edges.
  private(set) var sum: Int32 = 0
  private(set) var edgeSum: Int32 = 0
  /// Squared lengths of the coordinates, of all and of those of edges.
  private(set) var kept = 0.0
  private(set) var edgeKept = 0.0
  private var coded = 0.0
  private var lost = 0.0

  /// - Parameters:
  ///   - code: a node code of `codes`, and its unit.
  ///   - coordinates: what it was rounded from.
  init(_ codes: CodeMemory, _ code: UnsafeRawPointer, unit: Float, of coordinates: UnsafePointer<Float>) {
    for i in 0..<codes.nodeDimension {
      if i == codes.edgeColumns { (edgeSum, edgeKept) = (sum, kept) }
      let value = codes.value(code, i)
      let (rounded, exact) = (Double(value) * Double(unit), Double(coordinates[i]))
      sum &+= value
      kept += exact * exact
      coded += rounded * rounded
      lost += (rounded - exact) * (rounded - exact)
    }
    if codes.edgeColumns >= codes.nodeDimension { (edgeSum, edgeKept) = (sum, kept) }
  }

  /// ‖n̂‖² − ‖e‖², where n̂ = n + e is what the code says of the coordinates n.
  var squared: Double { coded - lost }
}
