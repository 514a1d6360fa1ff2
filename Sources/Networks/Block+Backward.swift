import CNetworks

extension Block {
  func backward(_ pass: Pass, outputGradient: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>?) {
    guard let input, let z = zBase else { return }
    let selected = plan.pool > 1 ? UnsafePointer(self.selected.base) : z
    if normalization != nil || bias != nil {
      sumGradients(pass, outputGradient: outputGradient, selected: selected)
    }

    pass.forEachSlice { images, slice, scratch in
      let maker = GradientMaker(
        block: self, z: z, y: UnsafePointer(y.base), selected: selected, outputGradient: outputGradient, rest: scratch)
      if let weight, let tiling {
        let partial = weightPartials.base + slice * weight.count
        convolveBackward(
          images, weight, tiling, maker, input: input, partial: partial, inputGradient: inputGradient,
          scratch: scratch + 64 + 4 * channels)
      } else if let inputGradient {
        for image in images {
          maker.make(image: image, rows: 0..<plan.middle.height, into: inputGradient + image * middleCount)
        }
      }
    }

    if let weight {
      let slices = pass.slices
      let pieces = (weight.count + 4095) / 4096
      pass.workers.forEach(pieces) { piece, _ in
        cn_reduce_add(
          weightPartials.base, slices, weight.count, piece * 4096, min(weight.count, (piece + 1) * 4096),
          weight.gradientBase)
      }
    }
  }

  /// The sums over the batch that batch normalisation's gradient and the bias's need, and from them dz's formula:
  ///
  ///     dz = a (g - mean(g) - (z - mean) inverse² mean(g (z - mean)))
  private func sumGradients(_ pass: Pass, outputGradient: UnsafePointer<Float>, selected: UnsafePointer<Float>) {
    let mean = normalization?.mean.base ?? base.base
    let positions = plan.output.height * plan.output.width
    let channels = self.channels
    pass.forEachSlice { images, slice, scratch in
      let total = sums(ofSlice: slice)
      total.update(repeating: 0, count: 2 * channels)
      for image in images {
        scratch.update(repeating: 0, count: 2 * channels)
        let start = image * outputCount
        cn_gradient_sums(
          outputGradient + start, y.base + start, selected + start, positions, channels, mean, plan.slope, scratch,
          scratch + channels)
        for i in 0..<2 * channels { total[i] += Double(scratch[i]) }
      }
    }
    let total = sums(ofSlice: Pass.mostSlices)
    total.update(repeating: 0, count: 2 * channels)
    for slice in 0..<pass.slices {
      let partial = sums(ofSlice: slice)
      for i in 0..<2 * channels { total[i] += partial[i] }
    }

    guard let normalization else {
      if let bias { for i in 0..<channels { bias.gradientBase[i] += Float(total[i]) } }
      return
    }
    let rows = Double(pass.images * plan.middle.height * plan.middle.width)
    for i in 0..<channels {
      let inverse = Double(normalization.inverseDeviation.base[i])
      let scale = Double(a.base[i])
      normalization.beta.gradientBase[i] += Float(total[i])
      normalization.gamma.gradientBase[i] += Float(total[channels + i] * inverse)
      let slope = -scale * inverse * inverse * total[channels + i] / rows
      factor.base[i] = Float(slope)
      base.base[i] = Float(-scale * total[i] / rows - slope * Double(normalization.mean.base[i]))
    }
  }

  private func convolveBackward(
    _ images: Range<Int>, _ weight: Parameter, _ tiling: PatchTiling, _ maker: GradientMaker,
    input: UnsafePointer<Float>, partial: UnsafeMutablePointer<Float>, inputGradient: UnsafeMutablePointer<Float>?,
    scratch: UnsafeMutablePointer<Float>
  ) {
    let dz = scratch
    let column = dz + tiling.positions * channels
    let columnGradient = column + tiling.positions * tiling.patch
    if let inputGradient, !tiling.isIdentity {
      (inputGradient + images.lowerBound * inputCount).update(repeating: 0, count: images.count * inputCount)
    }
    var isFirst = true
    tiling.forEachTile(images) { tile in
      let positions = tiling.positions(tile)
      var target = dz
      for image in tile.images {
        maker.make(image: image, rows: tile.rows, into: target)
        target += tile.rows.count * tiling.outputWidth * channels
      }
      let patches = tiling.patches(tile, of: input, inputCount: inputCount, column: column)
      MatrixProduct.multiply(
        m: channels, n: tiling.patch, k: positions, dz, transposeA: true, patches, beta: isFirst ? 0 : 1, into: partial)
      isFirst = false
      guard let inputGradient else { return }
      if tiling.isIdentity {
        MatrixProduct.multiply(
          m: positions, n: tiling.patch, k: channels, dz, weight.base,
          into: inputGradient + tiling.start(tile) * tiling.patch)
        return
      }
      MatrixProduct.multiply(m: positions, n: tiling.patch, k: channels, dz, weight.base, into: columnGradient)
      var source = columnGradient
      for image in tile.images {
        cn_col2im_add(
          source, tiling.geometry, tile.rows.lowerBound, tile.rows.upperBound, inputGradient + image * inputCount)
        source += tile.rows.count * tiling.outputWidth * tiling.patch
      }
    }
  }
}

/// Makes dz for rows of an image.
private struct GradientMaker {
  let block: Block
  let z: UnsafePointer<Float>
  let y: UnsafePointer<Float>
  let selected: UnsafePointer<Float>
  let outputGradient: UnsafePointer<Float>
  let rest: UnsafeMutablePointer<Float>

  @inline(__always)
  func make(image: Int, rows: Range<Int>, into dz: UnsafeMutablePointer<Float>) {
    let plan = block.plan
    let channels = plan.middle.channels
    let line = plan.middle.width * channels
    let start = image * plan.output.count + rows.lowerBound / plan.pool * plan.output.width * channels
    cn_affine_pool_gradient(
      z + image * plan.middle.count + rows.lowerBound * line, outputGradient + start, y + start, selected + start,
      rows.count, plan.middle.width, channels, plan.pool, block.a.base, block.base.base, block.factor.base, plan.slope,
      rest, dz)
  }
}
