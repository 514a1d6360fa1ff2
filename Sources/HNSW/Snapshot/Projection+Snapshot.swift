import CKernels

extension Projection {
  /// Mean `[dimension]`, matrix `[nodeDimension, columns]`, scales of its rows, and the three cosines.
  var encoded: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(contentsOf: UnsafeRawBufferPointer(start: mean, count: 4 * dimension))
    bytes.append(contentsOf: UnsafeRawBufferPointer(start: matrix, count: nodeDimension * columns))
    bytes.append(contentsOf: UnsafeRawBufferPointer(start: rowScales, count: 4 * nodeDimension))
    withUnsafeBytes(of: (outsideCosine, residualCosine, residualSpread)) { bytes.append(contentsOf: $0) }
    return bytes
  }

  /// The projection that ``encoded`` is of.
  convenience init(
    decoding bytes: [UInt8], dimension: Int, widths: Widths, stride: Int, kernels: ck_code_kernels
  ) throws(SnapshotRefusal) {
    self.init(
      mean: [Float](repeating: 0, count: dimension),
      rows: Array(repeating: [Float](repeating: 0, count: dimension), count: widths.node), widths: widths,
      stride: stride, kernels: kernels)
    bytes.withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress, bytes.count == 4 * dimension + nodeDimension * (columns + 4) + 12 else {
        return
      }
      UnsafeMutableRawPointer(mean).copyMemory(from: start, byteCount: 4 * dimension)
      UnsafeMutableRawPointer(matrix).copyMemory(from: start + 4 * dimension, byteCount: nodeDimension * columns)
      let scales = 4 * dimension + nodeDimension * columns
      UnsafeMutableRawPointer(rowScales).copyMemory(from: start + scales, byteCount: 4 * nodeDimension)
      let cosines = scales + 4 * nodeDimension
      outsideCosine = bytes.loadUnaligned(fromByteOffset: cosines, as: Float.self)
      residualCosine = bytes.loadUnaligned(fromByteOffset: cosines + 4, as: Float.self)
      residualSpread = bytes.loadUnaligned(fromByteOffset: cosines + 8, as: Float.self)
    }
    var squared = 0.0
    for i in 0..<dimension { squared += Double(mean[i]) * Double(mean[i]) }
    for row in 0..<nodeDimension {
      // Rows of length one and values of at most 127 units.
      guard (0...1).contains(rowScales[row]) else { throw .damaged("a direction has no length") }
      let place = matrix + row * columns
      var sum: Int32 = 0
      for i in 0..<columns {
        guard i < dimension ? place[i] > -128 : place[i] == 0 else { throw .damaged("a direction is too long") }
        sum += Int32(place[i])
      }
      rowSums[row] = 128 * sum
    }
    guard squared < Double(Float.greatestFiniteMagnitude), (-1...1).contains(outsideCosine),
      (-1...1).contains(residualCosine), (0...1).contains(residualSpread)
    else { throw .damaged("what it has learned of its vectors is no number") }
  }
}
