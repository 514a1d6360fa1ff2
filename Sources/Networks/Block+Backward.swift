import CNetworks

extension Block {
  func backward(_ pass: Pass, outputGradient: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>?) {
    guard let input, let z = zBase else { return }
    let selected = plan.pool > 1 ? UnsafePointer(self.selected.base) : z
    if normalization != nil || bias != nil {
      sumGradients(pass, outputGradient: outputGradient, selected: selected)
    }

    pass.later { [self] images, slice, scratch in
      let maker = GradientMaker(
        block: self, z: z, y: UnsafePointer(y.base), selected: selected, outputGradient: outputGradient, rest: scratch)
      if let method {
        convolveBackward(
          images, method, maker, input: input, partial: weightPartials.base + slice * prepared.count,
          inputGradient: inputGradient, scratch: scratch + vectorScratch)
      } else if let inputGradient {
        for image in images {
          maker.make(image: image, rows: 0..<plan.middle.height, into: inputGradient + image * middleCount)
        }
      }
    }

    if let weight, let method { reducePartials(pass, method, into: weight) }
  }

  /// Adds the slices' weight gradients in the slices' order, some outputs at a time.
  private func reducePartials(_ pass: Pass, _ method: any ConvolutionMethod, into weight: Parameter) {
    let count = prepared.count
    let plane = count / method.planes
    let row = plane / channels
    let partials = weightPartials.base
    let total = partials + Pass.mostSlices * count
    let slices = pass.slices
    for first in stride(from: 0, to: channels, by: 16) {
      let outputs = first..<min(channels, first + 16)
      pass.whenFinished {
        for start in stride(from: 0, to: count, by: plane) {
          let range = start + outputs.lowerBound * row..<start + outputs.upperBound * row
          (total + range.lowerBound).update(repeating: 0, count: range.count)
          cn_reduce_add(partials, slices, count, range.lowerBound, range.upperBound, total)
        }
        method.addGradient(total, outputs: outputs, to: weight.gradientBase)
      }
    }
  }

  /// The sums over the batch that batch normalisation's gradient and the bias's need, and from them dz's formula:
  ///
  ///     dz = a (g - mean(g) - (z - mean) inverse² mean(g (z - mean)))
  private func sumGradients(_ pass: Pass, outputGradient: UnsafePointer<Float>, selected: UnsafePointer<Float>) {
    let positions = plan.output.height * plan.output.width
    let channels = self.channels
    pass.forEachSlice { images, slice, scratch in
      let total = sums(ofSlice: slice)
      total.update(repeating: 0, count: 2 * channels)
      for image in images {
        scratch.update(repeating: 0, count: 2 * channels)
        let start = image * outputCount
        cn_gradient_sums(
          outputGradient + start, y.base + start, selected + start, positions, channels, centre.base, plan.slope,
          scratch, scratch + channels)
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
      factor.base[i] = Float(-scale * inverse * inverse * total[channels + i] / rows)
      base.base[i] = Float(-scale * total[i] / rows)
    }
  }

  private func convolveBackward(
    _ images: Range<Int>, _ method: any ConvolutionMethod, _ maker: GradientMaker,
    input: UnsafePointer<Float>, partial: UnsafeMutablePointer<Float>, inputGradient: UnsafeMutablePointer<Float>?,
    scratch dz: UnsafeMutablePointer<Float>
  ) {
    let tiling = method.tiling
    let scratch = dz + tiling.positions * channels
    if let inputGradient {
      (inputGradient + images.lowerBound * inputCount).update(repeating: 0, count: images.count * inputCount)
    }
    var isFirst = true
    tiling.forEachTile(images) { tile in
      var target = dz
      for image in tile.images {
        maker.make(image: image, rows: tile.rows, into: target)
        target += tile.rows.count * tiling.outputWidth * channels
      }
      method.backward(
        tile, input: input, prepared: prepared.base, dz: dz, isFirst: isFirst, partial: partial,
        inputGradient: inputGradient, scratch: scratch)
      isFirst = false
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
      rows.count, plan.middle.width, channels, plan.pool, block.a.base, block.centre.base, block.base.base,
      block.factor.base, plan.slope, rest, dz)
  }
}
