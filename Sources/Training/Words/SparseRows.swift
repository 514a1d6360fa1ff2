import CNetworks
import Networks

/// A sparse matrix in compressed rows.
struct SparseRows: Sendable {
  /// Where each row's entries begin, one more than there are rows.
  var start: [Int64] = [0]
  /// The entries' columns.
  var columns: [Int32] = []
  /// The entries' values.
  var values: [Float] = []

  /// How many rows there are.
  var count: Int { start.count - 1 }

  /// Adds an entry to the row that is being written.
  mutating func append(_ column: Int32, _ value: Float) {
    columns.append(column)
    values.append(value)
  }

  /// Ends a row that the entries since the last one belong to.
  mutating func endRow() { start.append(Int64(columns.count)) }

  /// Rows and columns changed about.
  func transposed(columns width: Int) -> SparseRows {
    var result = SparseRows()
    result.start = [Int64](repeating: 0, count: width + 1)
    for column in columns { result.start[Int(column) + 1] += 1 }
    for column in 0..<width { result.start[column + 1] += result.start[column] }
    var next = result.start
    result.columns = [Int32](repeating: 0, count: columns.count)
    result.values = [Float](repeating: 0, count: columns.count)
    for row in 0..<count {
      for entry in Int(start[row])..<Int(start[row + 1]) {
        let place = Int(next[Int(columns[entry])])
        next[Int(columns[entry])] += 1
        result.columns[place] = Int32(row)
        result.values[place] = values[entry]
      }
    }
    return result
  }

  /// The product with a dense matrix of rows of `width` values, a multiple of 16; the same on any number of workers.
  func product(_ block: [Float], width: Int, _ workers: Workers) -> [Float] {
    let slices = 64
    return [Float](unsafeUninitializedCapacity: count * width) { target, written in
      nonisolated(unsafe) let target = target
      block.withUnsafeBufferPointer { block in
        values.withUnsafeBufferPointer { values in
          columns.withUnsafeBufferPointer { columns in
            start.withUnsafeBufferPointer { start in
              workers.forEach(slices) { slice, _ in
                let range = Workers.range(of: slice, in: slices, items: count)
                cn_words_sparse_product(
                  start.baseAddress, columns.baseAddress, values.baseAddress, block.baseAddress, width,
                  range.lowerBound, range.upperBound, target.baseAddress)
              }
            }
          }
        }
      }
      written = count * width
    }
  }
}
