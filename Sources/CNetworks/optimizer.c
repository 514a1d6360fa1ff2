#include <math.h>

#include "clones.h"

CN_CLONES void cn_reduce_add(const float *restrict partials, ptrdiff_t count, ptrdiff_t stride, ptrdiff_t from,
                             ptrdiff_t to, float *restrict total) {
  for (ptrdiff_t k = 0; k < count; k++) {
    const float *restrict partial = partials + k * stride;
    for (ptrdiff_t i = from; i < to; i++) total[i] += partial[i];
  }
}

CN_CLONES double cn_sum_of_squares(const float *x, ptrdiff_t n) {
  double lanes[8] = {0};
  ptrdiff_t i = 0;
  for (; i + 8 <= n; i += 8) {
    for (int k = 0; k < 8; k++) lanes[k] += (double)x[i + k] * (double)x[i + k];
  }
  double sum = 0;
  for (int k = 0; k < 8; k++) sum += lanes[k];
  for (; i < n; i++) sum += (double)x[i] * (double)x[i];
  return sum;
}

CN_CLONES void cn_adamw(float *restrict w, const float *restrict g, float *restrict m, float *restrict v, ptrdiff_t n,
                        cn_adamw_settings s) {
  for (ptrdiff_t i = 0; i < n; i++) {
    const float d = s.scale * g[i];
    m[i] = s.beta1 * m[i] + (1 - s.beta1) * d;
    v[i] = s.beta2 * v[i] + (1 - s.beta2) * d * d;
    w[i] = w[i] - s.decay * w[i] - s.step * m[i] / (sqrtf(v[i]) * s.rootScale + s.epsilon);
  }
}

CN_CLONES void cn_average(float *restrict average, const float *restrict x, ptrdiff_t n, float decay) {
  for (ptrdiff_t i = 0; i < n; i++) average[i] = decay * average[i] + (1 - decay) * x[i];
}
