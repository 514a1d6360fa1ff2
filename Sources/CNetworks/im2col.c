#include <string.h>

#include "clones.h"

// With channels last, the part of a patch that lies in one image row is contiguous; it is clipped at the sides.
typedef struct {
  ptrdiff_t from, count, skip;
} span;

CN_INLINE span clipped(ptrdiff_t x0, ptrdiff_t kernel, ptrdiff_t width) {
  ptrdiff_t first = x0 < 0 ? 0 : x0;
  ptrdiff_t last = x0 + kernel > width ? width : x0 + kernel;
  span s = {first, last > first ? last - first : 0, first - x0};
  if (s.skip > kernel) s.skip = kernel;
  return s;
}

CN_INLINE void copy(float *restrict to, const float *restrict from, ptrdiff_t n) {
  for (ptrdiff_t i = 0; i < n; i++) to[i] = from[i];
}

// Patches of one image row that lie wholly inside it: `row` values from every step-th place.
CN_INLINE void copy_inside(float *to, const float *from, ptrdiff_t count, ptrdiff_t step, ptrdiff_t patch,
                           ptrdiff_t row) {
  for (ptrdiff_t i = 0; i < count; i++, to += patch, from += step) copy(to, from, row);
}

CN_CLONES void cn_im2col(const float *image, cn_convolution g, ptrdiff_t y0, ptrdiff_t y1, float *col) {
  const ptrdiff_t c = g.channels, row = g.kernel * c, patch = g.kernel * row;
  for (ptrdiff_t oy = y0; oy < y1; oy++) {
    for (ptrdiff_t ky = 0; ky < g.kernel; ky++) {
      const ptrdiff_t iy = oy * g.stride - g.padding + ky;
      float *to = col + (oy - y0) * g.outputWidth * patch + ky * row;
      if (iy < 0 || iy >= g.height) {
        for (ptrdiff_t ox = 0; ox < g.outputWidth; ox++, to += patch) memset(to, 0, (size_t)row * sizeof(float));
        continue;
      }
      const float *from = image + iy * g.width * c;
      for (ptrdiff_t ox = 0; ox < g.outputWidth; ox++, to += patch) {
        const ptrdiff_t x0 = ox * g.stride - g.padding;
        if (x0 >= 0 && x0 + g.kernel <= g.width) {
          ptrdiff_t count = (g.width - g.kernel - x0) / g.stride + 1;
          if (count > g.outputWidth - ox) count = g.outputWidth - ox;
          const float *inside = from + x0 * c;
          // Patches of a picture with one channel are so short that the copy's loop costs more than the copy.
          switch (row) {
            case 3: copy_inside(to, inside, count, g.stride * c, patch, 3); break;
            case 5: copy_inside(to, inside, count, g.stride * c, patch, 5); break;
            case 7: copy_inside(to, inside, count, g.stride * c, patch, 7); break;
            default: copy_inside(to, inside, count, g.stride * c, patch, row);
          }
          to += (count - 1) * patch;
          ox += count - 1;
        } else {
          const span s = clipped(x0, g.kernel, g.width);
          memset(to, 0, (size_t)row * sizeof(float));
          copy(to + s.skip * c, from + s.from * c, s.count * c);
        }
      }
    }
  }
}

CN_CLONES void cn_col2im_add(const float *col, cn_convolution g, ptrdiff_t y0, ptrdiff_t y1, float *image) {
  const ptrdiff_t c = g.channels, row = g.kernel * c, patch = g.kernel * row;
  for (ptrdiff_t oy = y0; oy < y1; oy++) {
    for (ptrdiff_t ky = 0; ky < g.kernel; ky++) {
      const ptrdiff_t iy = oy * g.stride - g.padding + ky;
      if (iy < 0 || iy >= g.height) continue;
      const float *from = col + (oy - y0) * g.outputWidth * patch + ky * row;
      float *to = image + iy * g.width * c;
      for (ptrdiff_t ox = 0; ox < g.outputWidth; ox++, from += patch) {
        const span s = clipped(ox * g.stride - g.padding, g.kernel, g.width);
        const float *restrict source = from + s.skip * c;
        float *restrict target = to + s.from * c;
        for (ptrdiff_t i = 0; i < s.count * c; i++) target[i] += source[i];
      }
    }
  }
}
