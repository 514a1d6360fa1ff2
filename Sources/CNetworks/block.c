#include <string.h>

#include "clones.h"

CN_CLONES void cn_moments(const float *restrict z, ptrdiff_t rows, ptrdiff_t c, float *restrict mean,
                          float *restrict deviation) {
  memset(mean, 0, (size_t)c * sizeof(float));
  memset(deviation, 0, (size_t)c * sizeof(float));
  for (ptrdiff_t r = 0; r < rows; r++) {
    const float *row = z + r * c;
    CN_EACH_CHANNEL mean[i] += row[i];
  }
  const float scale = 1.0f / (float)rows;
  CN_EACH_CHANNEL mean[i] *= scale;
  for (ptrdiff_t r = 0; r < rows; r++) {
    const float *row = z + r * c;
    CN_EACH_CHANNEL {
      const float d = row[i] - mean[i];
      deviation[i] += d * d;
    }
  }
}

CN_INLINE float larger(float x, float y) { return x > y ? x : y; }
CN_INLINE float smaller(float x, float y) { return x < y ? x : y; }

// Which z gives the largest a (z - centre) + b: the largest one where a >= 0, else the smallest.
CN_INLINE float select2x2(float z0, float z1, float z2, float z3, float a) {
  const float high = larger(larger(z0, z1), larger(z2, z3));
  const float low = smaller(smaller(z0, z1), smaller(z2, z3));
  return a >= 0 ? high : low;
}

CN_CLONES void cn_affine_pool(const float *restrict z, ptrdiff_t height, ptrdiff_t width, ptrdiff_t c, ptrdiff_t pool,
                              const float *restrict a, const float *restrict centre, const float *restrict b,
                              float slope, float *restrict y, float *restrict selected) {
  const ptrdiff_t rows = height / pool, columns = width / pool, line = width * c;
  for (ptrdiff_t r = 0; r < rows; r++) {
    for (ptrdiff_t q = 0; q < columns; q++, y += c) {
      const float *window = z + r * pool * line + q * pool * c;
      if (pool == 1) {
        CN_EACH_CHANNEL {
          const float u = a[i] * (window[i] - centre[i]) + b[i];
          y[i] = u > 0 ? u : slope * u;
        }
        continue;
      }
      if (pool == 2) {
        const float *below = window + line;
        if (selected) {
          CN_EACH_CHANNEL {
            const float s = select2x2(window[i], window[i + c], below[i], below[i + c], a[i]);
            const float u = a[i] * (s - centre[i]) + b[i];
            selected[i] = s;
            y[i] = u > 0 ? u : slope * u;
          }
          selected += c;
        } else {
          CN_EACH_CHANNEL {
            const float s = select2x2(window[i], window[i + c], below[i], below[i + c], a[i]);
            const float u = a[i] * (s - centre[i]) + b[i];
            y[i] = u > 0 ? u : slope * u;
          }
        }
        continue;
      }
      CN_EACH_CHANNEL y[i] = window[i];
      for (ptrdiff_t k = 1; k < pool * pool; k++) {
        const float *place = window + k / pool * line + k % pool * c;
        CN_EACH_CHANNEL {
          const float high = larger(y[i], place[i]), low = smaller(y[i], place[i]);
          y[i] = a[i] >= 0 ? high : low;
        }
      }
      if (selected) {
        CN_EACH_CHANNEL selected[i] = y[i];
        selected += c;
      }
      CN_EACH_CHANNEL {
        const float u = a[i] * (y[i] - centre[i]) + b[i];
        y[i] = u > 0 ? u : slope * u;
      }
    }
  }
}

CN_CLONES void cn_gradient_sums(const float *restrict g, const float *restrict y, const float *restrict selected,
                                ptrdiff_t rows, ptrdiff_t c, const float *restrict centre, float slope,
                                float *restrict sum, float *restrict sumCentred) {
  for (ptrdiff_t r = 0; r < rows; r++) {
    CN_EACH_CHANNEL {
      const float passed = y[r * c + i] > 0 ? g[r * c + i] : slope * g[r * c + i];
      sum[i] += passed;
      sumCentred[i] += passed * (selected[r * c + i] - centre[i]);
    }
  }
}

CN_CLONES void cn_affine_pool_gradient(const float *restrict z, const float *restrict g, const float *restrict y,
                                       const float *restrict selected, ptrdiff_t height, ptrdiff_t width, ptrdiff_t c,
                                       ptrdiff_t pool, const float *restrict a, const float *restrict centre,
                                       const float *restrict base, const float *restrict factor, float slope,
                                       float *restrict rest, float *restrict dz) {
  const ptrdiff_t rows = height / pool, columns = width / pool, line = width * c;
  if (pool == 1) {
    for (ptrdiff_t r = 0; r < height * width; r++) {
      CN_EACH_CHANNEL {
        const ptrdiff_t k = r * c + i;
        const float passed = y[k] > 0 ? g[k] : slope * g[k];
        dz[k] = base[i] + factor[i] * (z[k] - centre[i]) + a[i] * passed;
      }
    }
    return;
  }
  for (ptrdiff_t r = 0; r < rows; r++) {
    for (ptrdiff_t q = 0; q < columns; q++, g += c, y += c, selected += c) {
      const ptrdiff_t corner = r * pool * line + q * pool * c;
      if (pool == 2) {
        const float *z0 = z + corner, *z1 = z0 + c, *z2 = z0 + line, *z3 = z2 + c;
        float *d0 = dz + corner, *d1 = d0 + c, *d2 = d0 + line, *d3 = d2 + c;
        CN_EACH_CHANNEL {
          const float s = selected[i], p = base[i], f = factor[i], m = centre[i];
          const float left0 = a[i] * (y[i] > 0 ? g[i] : slope * g[i]);
          const float left1 = z0[i] == s ? 0.0f : left0;
          const float left2 = z1[i] == s ? 0.0f : left1;
          const float left3 = z2[i] == s ? 0.0f : left2;
          const float left4 = z3[i] == s ? 0.0f : left3;
          d0[i] = p + f * (z0[i] - m) + (left0 - left1);
          d1[i] = p + f * (z1[i] - m) + (left1 - left2);
          d2[i] = p + f * (z2[i] - m) + (left2 - left3);
          d3[i] = p + f * (z3[i] - m) + (left3 - left4);
        }
        continue;
      }
      CN_EACH_CHANNEL rest[i] = a[i] * (y[i] > 0 ? g[i] : slope * g[i]);
      for (ptrdiff_t k = 0; k < pool * pool; k++) {
        const ptrdiff_t place = corner + k / pool * line + k % pool * c;
        CN_EACH_CHANNEL {
          const float left = z[place + i] == selected[i] ? 0.0f : rest[i];
          dz[place + i] = base[i] + factor[i] * (z[place + i] - centre[i]) + (rest[i] - left);
          rest[i] = left;
        }
      }
    }
    for (ptrdiff_t k = 0; k < pool; k++) {
      for (ptrdiff_t x = columns * pool; x < width; x++) {
        const ptrdiff_t place = (r * pool + k) * line + x * c;
        CN_EACH_CHANNEL dz[place + i] = base[i] + factor[i] * (z[place + i] - centre[i]);
      }
    }
  }
  for (ptrdiff_t r = rows * pool * width; r < height * width; r++) {
    CN_EACH_CHANNEL dz[r * c + i] = base[i] + factor[i] * (z[r * c + i] - centre[i]);
  }
}

CN_CLONES void cn_column_sums_add(const float *restrict z, ptrdiff_t rows, ptrdiff_t c, float *restrict sum) {
  for (ptrdiff_t r = 0; r < rows; r++) {
    CN_EACH_CHANNEL sum[i] += z[r * c + i];
  }
}
