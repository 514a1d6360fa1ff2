import Foundation

/// The contrastive loss over all moments of a batch at once: what is near in time is similar, all else is not.
///
/// After CaTT's NT-pair loss (Shamba, Bach & Taylor 2024, arXiv 2410.15416). With unit embeddings z, s_ij = z_i·z_j / τ,
/// P_i the moments of i's own piece at most `reach` steps away, N_i all moments but i that are not within `blind`
/// steps in its own piece, and w_ij 1 for moments of one piece and `elsewhere` for others,
///
///     L = −mean over i of log ( Σ_{P_i} exp s_ij / (Σ_{P_i} exp s_ij + Σ_{N_i} w_ij exp s_ij) )
///
/// Three things differ from the authors' code: pieces are known, so that the end of one series and the start of the next
/// are no pair; what lies a little farther than `reach` is neither neighbour nor stranger; and moments of other series
/// can count less. Those are told apart by whose series it is and how the sensor was worn, which is no use to anybody;
/// what happens inside a series is told apart by what happens.
///
/// The same embeddings give the same bits on any number of workers.
public struct NeighbourPairLoss: Sendable, Hashable, Codable {
  /// τ. The smaller, the more the nearest strangers count.
  public var temperature: Float
  /// How many steps away a neighbour can be.
  public var reach: Int
  /// How many steps away a stranger of the same piece must at least be, less one.
  public var blind: Int
  /// How much a stranger of another piece counts beside one of the same, 0 to 1.
  public var elsewhere: Float

  /// A loss.
  public init(temperature: Float = 0.2, reach: Int = 1, blind: Int = 1, elsewhere: Float = 1) {
    (self.temperature, self.reach, self.blind, self.elsewhere) = (temperature, reach, blind, elsewhere)
  }

  /// Where a row of a batch comes from.
  public struct Place: Sendable, Hashable {
    /// The piece's number.
    public var piece: Int32
    /// The moment's number in it.
    public var step: Int32

    /// A place.
    public init(piece: Int, step: Int) {
      (self.piece, self.step) = (Int32(clamping: piece), Int32(clamping: step))
    }
  }

  /// The loss of a batch and its gradient `[n, d]`.
  ///
  /// - Parameters:
  ///   - embeddings: `[n, d]`, rows of length 1.
  ///   - places: where each row comes from.
  ///   - workers: threads.
  /// - Precondition: there is a place a row.
  public func evaluate(_ embeddings: Tensor, places: [Place], workers: Workers) -> (loss: Double, gradient: Tensor) {
    let (n, d) = (embeddings.shape[0], embeddings.shape[1])
    precondition(places.count == n, "\(places.count) places for \(n) embeddings")
    MatrixProduct.prepare()
    let blocks = (n + Self.rows - 1) / Self.rows
    var pull = Tensor(shape: [n, n])
    var losses = [Double](repeating: 0, count: n)
    var counted = [Bool](repeating: false, count: n)
    var gradient = Tensor(shape: [n, d])
    guard n > 0 else { return (0, gradient) }
    embeddings.withUnsafeBufferPointer { z in
      pull.withUnsafeMutableBufferPointer { pull in
        gradient.withUnsafeMutableBufferPointer { gradient in
          losses.withUnsafeMutableBufferPointer { losses in
            counted.withUnsafeMutableBufferPointer { counted in
              guard let z = z.baseAddress, let matrix = pull.baseAddress, let out = gradient.baseAddress else { return }
              let own = RowMemory(losses: losses, counted: counted)
              workers.forEach(blocks) { block, _ in
                // The matrix is symmetric: what is left of the diagonal is copied.
                let rows = block * Self.rows..<min(n, (block + 1) * Self.rows)
                let first = rows.lowerBound
                MatrixProduct.multiply(
                  m: rows.count, n: n - first, k: d, z + first * d, z + first * d, transposeB: true,
                  into: matrix + first * n + first, strideC: n)
              }
              workers.forEach(blocks) { block, _ in
                Self.forEachPairBelow(block, n) { row, column in
                  matrix[row * n + column] = matrix[column * n + row]
                }
              }
              workers.forEach(blocks) { block, _ in
                for row in block * Self.rows..<min(n, (block + 1) * Self.rows) {
                  pullRow(row, matrix + row * n, places, own)
                }
              }
              let share = Float(1 / Double(max(1, counted.reduce(0) { $0 + ($1 ? 1 : 0) })))
              // Each similarity belongs to two rows: (G + Gᵀ) z.
              workers.forEach(blocks) { block, _ in
                Self.forEachPairBelow(block, n) { row, column in
                  let both = matrix[row * n + column] + matrix[column * n + row]
                  matrix[row * n + column] = both
                  matrix[column * n + row] = both
                }
                Self.forEachPairWithin(block, n) { row, column in
                  let both = matrix[row * n + column] + matrix[column * n + row]
                  matrix[row * n + column] = both
                  matrix[column * n + row] = both
                }
              }
              workers.forEach(blocks) { block, _ in
                let rows = block * Self.rows..<min(n, (block + 1) * Self.rows)
                let target = out + rows.lowerBound * d
                MatrixProduct.multiply(m: rows.count, n: d, k: n, matrix + rows.lowerBound * n, z, into: target)
                for i in 0..<rows.count * d { target[i] *= share / temperature }
              }
            }
          }
        }
      }
    }
    let rows = counted.reduce(0) { $0 + ($1 ? 1 : 0) }
    return (rows == 0 ? 0 : losses.reduce(0, +) / Double(rows), gradient)
  }

  private static let rows = 96
  private static let tile = 32

  /// The places of a block of rows that are left of the block on the diagonal, in tiles that fit into the cache both as
  /// rows and as columns.
  @inline(__always)
  private static func forEachPairBelow(_ block: Int, _ n: Int, _ body: (_ row: Int, _ column: Int) -> Void) {
    let rows = block * Self.rows..<min(n, (block + 1) * Self.rows)
    for top in stride(from: rows.lowerBound, to: rows.upperBound, by: tile) {
      for left in stride(from: 0, to: rows.lowerBound, by: tile) {
        for row in top..<min(top + tile, rows.upperBound) {
          for column in left..<min(left + tile, rows.lowerBound) { body(row, column) }
        }
      }
    }
  }

  /// The places of the block on the diagonal that are on it or below.
  @inline(__always)
  private static func forEachPairWithin(_ block: Int, _ n: Int, _ body: (_ row: Int, _ column: Int) -> Void) {
    let rows = block * Self.rows..<min(n, (block + 1) * Self.rows)
    for row in rows {
      for column in rows.lowerBound...row { body(row, column) }
    }
  }

  /// What rows write, each to its own place.
  private struct RowMemory: @unchecked Sendable {
    let losses: UnsafeMutableBufferPointer<Double>
    let counted: UnsafeMutableBufferPointer<Bool>
  }

  /// Turns a row of dot products into the loss's derivative by each similarity.
  private func pullRow(_ row: Int, _ values: UnsafeMutablePointer<Float>, _ places: [Place], _ memory: RowMemory) {
    let n = places.count
    // No similarity is above 1 / τ: exponentials of the difference cannot overflow.
    Exponential.replace(values, count: n, factor: 1 / temperature, shift: -1 / temperature)
    let own = places[row]
    let (near, far) = (Int32(clamping: reach), Int32(clamping: max(reach, blind)))
    var (positive, negative) = (0.0, 0.0)
    places.withUnsafeBufferPointer { places in
      for j in 0..<n {
        if places[j].piece == own.piece {
          let distance = abs(places[j].step &- own.step)
          if distance == 0 || (distance > near && distance <= far) {
            values[j] = 0
          } else if distance <= near {
            positive += Double(values[j])
            values[j] = -values[j]
            continue
          }
        } else {
          values[j] *= elsewhere
        }
        negative += Double(values[j])
      }
    }
    guard positive > 0, negative > 0 else {
      for j in 0..<n { values[j] = 0 }
      return
    }
    memory.losses[row] = log((positive + negative) / positive)
    memory.counted[row] = true
    let all = Float(1 / (positive + negative))
    let toward = Float(1 / positive) - all
    for j in 0..<n { values[j] *= values[j] < 0 ? toward : all }
  }
}

/// exp for many values at a time, by range reduction and a polynomial: plain arithmetic, the same bits everywhere.
enum Exponential {
  /// x ← exp(factor x + shift); results below 2^-126 are 0.
  static func replace(_ values: UnsafeMutablePointer<Float>, count: Int, factor: Float, shift: Float) {
    var i = 0
    while i + 8 <= count {
      let raw = UnsafeMutableRawPointer(values + i)
      let x = raw.loadUnaligned(as: SIMD8<Float>.self) * factor + shift
      raw.storeBytes(of: exp(x), as: SIMD8<Float>.self)
      i += 8
    }
    while i < count {
      values[i] = exp(SIMD8(repeating: values[i] * factor + shift))[0]
      i += 1
    }
  }

  @inline(__always)
  private static func exp(_ input: SIMD8<Float>) -> SIMD8<Float> {
    let x = pointwiseMin(pointwiseMax(input, SIMD8(repeating: -87.3)), SIMD8(repeating: 88))
    // Adding and taking away 1.5 · 2^23 rounds to a whole number.
    let magic = SIMD8<Float>(repeating: 12_582_912)
    let whole = (x * 1.442_695_04 + magic) - magic
    let r = (x - whole * 0.693_359_375) + whole * 2.121_944_4e-4
    var p = SIMD8<Float>(repeating: 1.987_569_15e-4)
    p = p * r + 1.398_199_95e-3
    p = p * r + 8.333_451_9e-3
    p = p * r + 4.166_579_6e-2
    p = p * r + 1.666_666_55e-1
    p = p * r + 0.5
    p = p * r * r + r + 1
    let bits = (SIMD8<Int32>(truncatingIfNeeded: whole) &+ 127) &<< 23
    let result = p * SIMD8<Float>(bitPattern: SIMD8<UInt32>(truncatingIfNeeded: bits))
    return result.replacing(with: 0, where: input .< -87.3)
  }
}

extension SIMD8 where Scalar == Float {
  @inline(__always)
  fileprivate init(bitPattern bits: SIMD8<UInt32>) { self = unsafeBitCast(bits, to: SIMD8<Float>.self) }
}

extension SIMD8 where Scalar == Int32 {
  @inline(__always)
  fileprivate init(truncatingIfNeeded values: SIMD8<Float>) { self = SIMD8<Int32>(values) }
}
