import Networks

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Inner products of the rows of two matrices, and the way back from their derivatives to the rows.
struct Similarities {
  let rows: Int
  let columns: Int
  private(set) var values: [Float]
  private let dimension: Int

  /// `values[i][j] = aᵢ · bⱼ`, of shapes `[rows, dimension]` and `[columns, dimension]`.
  init(_ a: [Float], _ b: [Float], dimension: Int) {
    rows = a.count / max(dimension, 1)
    columns = b.count / max(dimension, 1)
    self.dimension = dimension
    values = [Float](repeating: 0, count: rows * columns)
    a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in
        for i in 0..<rows {
          for j in 0..<columns {
            var sum: SIMD8<Float> = .zero
            var d = 0
            while d + 8 <= dimension {
              sum +=
                UnsafeRawPointer(a.baseAddress! + i * dimension + d).loadUnaligned(as: SIMD8<Float>.self)
                * UnsafeRawPointer(b.baseAddress! + j * dimension + d).loadUnaligned(as: SIMD8<Float>.self)
              d += 8
            }
            var total = sum.sum()
            while d < dimension {
              total += a[i * dimension + d] * b[j * dimension + d]
              d += 1
            }
            values[i * columns + j] = total
          }
        }
      }
    }
  }

  subscript(_ i: Int, _ j: Int) -> Float { values[i * columns + j] }

  /// Adds `Σⱼ derivatives[i][j] bⱼ` to each row i of `gradient`: what the derivatives mean for a.
  func backward(_ derivatives: [Float], _ b: [Float], into gradient: inout [Float]) {
    gradient.withUnsafeMutableBufferPointer { out in
      for i in 0..<rows {
        for j in 0..<columns {
          let slope = derivatives[i * columns + j]
          if slope == 0 { continue }
          for d in 0..<dimension { out[i * dimension + d] += slope * b[j * dimension + d] }
        }
      }
    }
  }

  /// Adds `Σᵢ derivatives[i][j] aᵢ` to each row j of `gradient`: what the derivatives mean for b.
  func backwardTransposed(_ derivatives: [Float], _ a: [Float], into gradient: inout [Float]) {
    gradient.withUnsafeMutableBufferPointer { out in
      for i in 0..<rows {
        for j in 0..<columns {
          let slope = derivatives[i * columns + j]
          if slope == 0 { continue }
          for d in 0..<dimension { out[j * dimension + d] += slope * a[i * dimension + d] }
        }
      }
    }
  }
}

/// `ln Σ exp(xᵢ)` and the shares `exp(xᵢ) / Σ exp`, without overflow.
struct LogSumExp {
  let value: Double
  let shares: [Float]

  init(_ logits: [Float]) {
    let largest = logits.max() ?? 0
    let powers = logits.map { exp(Double($0 - largest)) }
    let sum = powers.reduce(0, +)
    value = Double(largest) + log(sum)
    shares = powers.map { Float($0 / sum) }
  }
}
