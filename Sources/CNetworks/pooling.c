#include <string.h>

#include "clones.h"

CN_CLONES void cn_max_pool(const float *restrict x, ptrdiff_t height, ptrdiff_t width, ptrdiff_t c, ptrdiff_t size,
                           ptrdiff_t stride, ptrdiff_t oh, ptrdiff_t ow, float *restrict y, uint16_t *restrict index) {
  (void)height;
  for (ptrdiff_t r = 0; r < oh; r++) {
    for (ptrdiff_t q = 0; q < ow; q++, y += c, index += c) {
      const float *window = x + (r * stride * width + q * stride) * c;
      CN_EACH_CHANNEL {
        y[i] = window[i];
        index[i] = 0;
      }
      for (ptrdiff_t k = 1; k < size * size; k++) {
        const float *place = window + (k / size * width + k % size) * c;
        CN_EACH_CHANNEL {
          const int better = place[i] > y[i];
          y[i] = better ? place[i] : y[i];
          index[i] = better ? (uint16_t)k : index[i];
        }
      }
    }
  }
}

CN_CLONES void cn_max_pool_gradient(const float *restrict g, const uint16_t *restrict index, ptrdiff_t height,
                                    ptrdiff_t width, ptrdiff_t c, ptrdiff_t size, ptrdiff_t stride, ptrdiff_t oh,
                                    ptrdiff_t ow, float *restrict dx) {
  memset(dx, 0, (size_t)(height * width * c) * sizeof(float));
  for (ptrdiff_t r = 0; r < oh; r++) {
    for (ptrdiff_t q = 0; q < ow; q++, g += c, index += c) {
      float *window = dx + (r * stride * width + q * stride) * c;
      CN_EACH_CHANNEL window[(index[i] / size * width + index[i] % size) * c + i] += g[i];
    }
  }
}

CN_CLONES void cn_average_pool(const float *restrict x, ptrdiff_t height, ptrdiff_t width, ptrdiff_t c, ptrdiff_t size,
                               ptrdiff_t stride, ptrdiff_t oh, ptrdiff_t ow, float *restrict y) {
  (void)height;
  const float scale = 1.0f / (float)(size * size);
  for (ptrdiff_t r = 0; r < oh; r++) {
    for (ptrdiff_t q = 0; q < ow; q++, y += c) {
      const float *window = x + (r * stride * width + q * stride) * c;
      CN_EACH_CHANNEL y[i] = window[i];
      for (ptrdiff_t k = 1; k < size * size; k++) {
        const float *place = window + (k / size * width + k % size) * c;
        CN_EACH_CHANNEL y[i] += place[i];
      }
      CN_EACH_CHANNEL y[i] *= scale;
    }
  }
}

CN_CLONES void cn_average_pool_gradient(const float *restrict g, ptrdiff_t height, ptrdiff_t width, ptrdiff_t c,
                                        ptrdiff_t size, ptrdiff_t stride, ptrdiff_t oh, ptrdiff_t ow,
                                        float *restrict dx) {
  memset(dx, 0, (size_t)(height * width * c) * sizeof(float));
  const float scale = 1.0f / (float)(size * size);
  for (ptrdiff_t r = 0; r < oh; r++) {
    for (ptrdiff_t q = 0; q < ow; q++, g += c) {
      float *window = dx + (r * stride * width + q * stride) * c;
      for (ptrdiff_t k = 0; k < size * size; k++) {
        float *place = window + (k / size * width + k % size) * c;
        CN_EACH_CHANNEL place[i] += scale * g[i];
      }
    }
  }
}
