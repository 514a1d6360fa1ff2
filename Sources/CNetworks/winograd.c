#include <string.h>

#include "clones.h"

// Lavin & Gray (2016), F(2x2, 3x3): Y = Aᵀ [(G g Gᵀ) ⊙ (Bᵀ d B)] A, and its exact transposes for the gradients.
// A transform acts on 4 x 4 (or 2 x 2, 3 x 3) values of every channel; channels are the vector lanes.
//
//      Bᵀ = 1  0 -1  0     G = 1   0   0     Aᵀ = 1  1  1  0
//           0  1  1  0         ½   ½   ½          0  1 -1 -1
//           0 -1  1  0         ½  -½   ½
//           0  1  0 -1         0   0   1

typedef struct {
  float v[4];
} four;

CN_INLINE four input_line(float d0, float d1, float d2, float d3) {
  return (four){{d0 - d2, d1 + d2, d2 - d1, d1 - d3}};
}
CN_INLINE four input_line_transposed(float v0, float v1, float v2, float v3) {
  return (four){{v0, v1 - v2 + v3, v1 + v2 - v0, -v3}};
}

// The 4 x 4 pixels that tile (ty, tx) reads or adds to; `outside` stands for those beyond the image.
CN_INLINE void tile_pixels(float *image, cn_winograd g, ptrdiff_t ty, ptrdiff_t tx, float *outside, float *p[16]) {
  for (ptrdiff_t r = 0; r < 4; r++) {
    const ptrdiff_t y = 2 * ty - g.padding + r;
    for (ptrdiff_t s = 0; s < 4; s++) {
      const ptrdiff_t x = 2 * tx - g.padding + s;
      const int isInside = y >= 0 && y < g.height && x >= 0 && x < g.width;
      p[4 * r + s] = isInside ? image + (y * g.width + x) * g.channels : outside;
    }
  }
}

CN_CLONES void cn_winograd_input(const float *image, cn_winograd g, ptrdiff_t t0, ptrdiff_t t1, const float *zeros,
                                 float *v, ptrdiff_t plane) {
  const ptrdiff_t c = g.channels;
  for (ptrdiff_t ty = t0; ty < t1; ty++) {
    for (ptrdiff_t tx = 0; tx < g.tilesAcross; tx++, v += c) {
      float *p[16];
      tile_pixels((float *)image, g, ty, tx, (float *)zeros, p);
      CN_EACH_CHANNEL {
        four column[4];
        for (int s = 0; s < 4; s++) column[s] = input_line(p[s][i], p[4 + s][i], p[8 + s][i], p[12 + s][i]);
        for (int r = 0; r < 4; r++) {
          const four line = input_line(column[0].v[r], column[1].v[r], column[2].v[r], column[3].v[r]);
          for (int s = 0; s < 4; s++) v[(4 * r + s) * plane + i] = line.v[s];
        }
      }
    }
  }
}

CN_CLONES void cn_winograd_input_gradient(const float *dv, ptrdiff_t plane, cn_winograd g, ptrdiff_t t0, ptrdiff_t t1,
                                          float *spare, float *image) {
  const ptrdiff_t c = g.channels;
  for (ptrdiff_t ty = t0; ty < t1; ty++) {
    for (ptrdiff_t tx = 0; tx < g.tilesAcross; tx++, dv += c) {
      float *p[16];
      tile_pixels(image, g, ty, tx, spare, p);
      CN_EACH_CHANNEL {
        four column[4];
        for (int s = 0; s < 4; s++) {
          column[s] = input_line_transposed(dv[s * plane + i], dv[(4 + s) * plane + i], dv[(8 + s) * plane + i],
                                            dv[(12 + s) * plane + i]);
        }
        for (int r = 0; r < 4; r++) {
          const four line =
              input_line_transposed(column[0].v[r], column[1].v[r], column[2].v[r], column[3].v[r]);
          for (int s = 0; s < 4; s++) p[4 * r + s][i] += line.v[s];
        }
      }
    }
  }
}

// The 2 x 2 output pixels of tile (ty, tx), ty counted from the first row of `z`.
CN_INLINE void output_pixels(float *z, cn_winograd g, ptrdiff_t ty, ptrdiff_t tx, ptrdiff_t rows, float *outside,
                             float *q[4]) {
  const ptrdiff_t c = g.outputs, line = g.outputWidth * c;
  float *corner = z + 2 * ty * line + 2 * tx * c;
  const int hasRight = 2 * tx + 1 < g.outputWidth, hasBelow = 2 * ty + 1 < rows;
  q[0] = corner;
  q[1] = hasRight ? corner + c : outside;
  q[2] = hasBelow ? corner + line : outside;
  q[3] = hasRight && hasBelow ? corner + line + c : outside;
}

CN_CLONES void cn_winograd_output(const float *m, ptrdiff_t plane, cn_winograd g, ptrdiff_t rows, float *spare,
                                  float *z) {
  const ptrdiff_t c = g.outputs;
  for (ptrdiff_t ty = 0; 2 * ty < rows; ty++) {
    for (ptrdiff_t tx = 0; tx < g.tilesAcross; tx++, m += c) {
      float *q[4];
      output_pixels(z, g, ty, tx, rows, spare, q);
      CN_EACH_CHANNEL {
        float top[4], bottom[4];
        for (int s = 0; s < 4; s++) {
          const float m0 = m[s * plane + i], m1 = m[(4 + s) * plane + i], m2 = m[(8 + s) * plane + i],
                      m3 = m[(12 + s) * plane + i];
          top[s] = m0 + m1 + m2;
          bottom[s] = m1 - m2 - m3;
        }
        q[3][i] = bottom[1] - bottom[2] - bottom[3];
        q[2][i] = bottom[0] + bottom[1] + bottom[2];
        q[1][i] = top[1] - top[2] - top[3];
        q[0][i] = top[0] + top[1] + top[2];
      }
    }
  }
}

CN_CLONES void cn_winograd_output_gradient(const float *dz, cn_winograd g, ptrdiff_t rows, const float *zeros,
                                           float *dm, ptrdiff_t plane) {
  const ptrdiff_t c = g.outputs;
  for (ptrdiff_t ty = 0; 2 * ty < rows; ty++) {
    for (ptrdiff_t tx = 0; tx < g.tilesAcross; tx++, dm += c) {
      float *q[4];
      output_pixels((float *)dz, g, ty, tx, rows, (float *)zeros, q);
      CN_EACH_CHANNEL {
        const float left[4] = {q[0][i], q[0][i] + q[2][i], q[0][i] - q[2][i], -q[2][i]};
        const float right[4] = {q[1][i], q[1][i] + q[3][i], q[1][i] - q[3][i], -q[3][i]};
        for (int r = 0; r < 4; r++) {
          dm[(4 * r) * plane + i] = left[r];
          dm[(4 * r + 1) * plane + i] = left[r] + right[r];
          dm[(4 * r + 2) * plane + i] = left[r] - right[r];
          dm[(4 * r + 3) * plane + i] = -right[r];
        }
      }
    }
  }
}

CN_CLONES void cn_winograd_weight(const float *w, ptrdiff_t outputs, ptrdiff_t c, float *u) {
  const ptrdiff_t plane = outputs * c;
  for (ptrdiff_t o = 0; o < outputs; o++, w += 9 * c, u += c) {
    CN_EACH_CHANNEL {
      four column[3];
      for (int s = 0; s < 3; s++) {
        const float g0 = w[s * c + i], g1 = w[(3 + s) * c + i], g2 = w[(6 + s) * c + i];
        column[s] = (four){{g0, 0.5f * (g0 + g1 + g2), 0.5f * (g0 - g1 + g2), g2}};
      }
      for (int r = 0; r < 4; r++) {
        const float g0 = column[0].v[r], g1 = column[1].v[r], g2 = column[2].v[r];
        u[(4 * r) * plane + i] = g0;
        u[(4 * r + 1) * plane + i] = 0.5f * (g0 + g1 + g2);
        u[(4 * r + 2) * plane + i] = 0.5f * (g0 - g1 + g2);
        u[(4 * r + 3) * plane + i] = g2;
      }
    }
  }
}

CN_CLONES void cn_winograd_weight_gradient(const float *du, ptrdiff_t outputs, ptrdiff_t c, ptrdiff_t from,
                                           ptrdiff_t to, float *dw) {
  const ptrdiff_t plane = outputs * c;
  for (ptrdiff_t o = from; o < to; o++) {
    const float *u = du + o * c;
    float *w = dw + o * 9 * c;
    CN_EACH_CHANNEL {
      float column[3][4];
      for (int s = 0; s < 4; s++) {
        const float u0 = u[s * plane + i], u1 = u[(4 + s) * plane + i], u2 = u[(8 + s) * plane + i],
                    u3 = u[(12 + s) * plane + i];
        column[0][s] = u0 + 0.5f * (u1 + u2);
        column[1][s] = 0.5f * (u1 - u2);
        column[2][s] = 0.5f * (u1 + u2) + u3;
      }
      for (int r = 0; r < 3; r++) {
        const float *k = column[r];
        w[(3 * r) * c + i] += k[0] + 0.5f * (k[1] + k[2]);
        w[(3 * r + 1) * c + i] += 0.5f * (k[1] - k[2]);
        w[(3 * r + 2) * c + i] += 0.5f * (k[1] + k[2]) + k[3];
      }
    }
  }
}
