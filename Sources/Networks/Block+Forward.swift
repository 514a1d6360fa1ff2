import CNetworks

extension Block {
  func forward(_ pass: Pass, input: UnsafePointer<Float>) -> UnsafePointer<Float> {
    reserve(pass)
    self.input = input
    let z = weight == nil ? input : UnsafePointer(self.z.base)

    if let weight, let method { method.prepare(weight.base, into: prepared.base) }
    if weight != nil || normalization != nil {
      pass.forEachSlice { images, slice, scratch in
        var moments = ChannelMoments(channels: channels, memory: sums(ofSlice: slice))
        if let method {
          convolve(images, method, input: input, moments: &moments, scratch: scratch)
        } else {
          addMoments(
            z + images.lowerBound * middleCount, rows: images.count * plan.middle.height * plan.middle.width,
            to: &moments, scratch: scratch)
        }
        sliceRows[slice] = moments.rows
      }
    }

    if let normalization {
      var total = ChannelMoments(channels: channels, memory: sums(ofSlice: Pass.mostSlices))
      for slice in 0..<pass.slices {
        total.add(ChannelMoments(channels: channels, merged: sums(ofSlice: slice), rows: sliceRows[slice]))
      }
      normalization.normalize(total, a: a.base, centre: centre.base, b: b.base)
    } else if let bias {
      b.base.update(from: bias.base, count: channels)
    }

    let selected = plan.pool > 1 ? self.selected.base : nil
    let y = self.y.base
    pass.later { [self] images, _, _ in
      for image in images {
        cn_affine_pool(
          z + image * middleCount, plan.middle.height, plan.middle.width, channels, plan.pool, a.base, centre.base,
          b.base, plan.slope, y + image * outputCount, selected.map { $0 + image * outputCount })
      }
    }
    return UnsafePointer(y)
  }

  private func convolve(
    _ images: Range<Int>, _ method: any ConvolutionMethod, input: UnsafePointer<Float>,
    moments: inout ChannelMoments, scratch: UnsafeMutablePointer<Float>
  ) {
    let needsMoments = normalization != nil
    let tiling = method.tiling
    tiling.forEachTile(images) { tile in
      let target = z.base + tiling.start(tile) * channels
      method.forward(tile, input: input, prepared: prepared.base, z: target, scratch: scratch + vectorScratch)
      if needsMoments { moments.add(UnsafePointer(target), rows: tiling.positions(tile), scratch: scratch) }
    }
  }

  /// In pieces, so that both passes over a piece find it in the cache and float sums stay short.
  private func addMoments(
    _ z: UnsafePointer<Float>, rows: Int, to moments: inout ChannelMoments, scratch: UnsafeMutablePointer<Float>
  ) {
    let piece = max(1, 16_384 / channels)
    var row = 0
    while row < rows {
      let count = min(piece, rows - row)
      moments.add(z + row * channels, rows: count, scratch: scratch)
      row += count
    }
  }
}
