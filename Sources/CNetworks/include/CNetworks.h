// Element-wise loops of the Networks room, compiled for several CPUs and chosen at load time.
//
// Activations are channels-last: [image][row][column][channel], channel fastest. Every reduction runs over
// positions with one accumulator a channel, so it vectorises without reassociating a sum.
#ifndef CNETWORKS_H
#define CNETWORKS_H

#include <stddef.h>
#include <stdint.h>

#include "CNetworksWords.h"

#ifdef __APPLE__
// Row-major C = A B (+ C): op(A) is [m, k], op(B) is [k, n].
void cn_accelerate_sgemm(
    int transposeA, int transposeB, int m, int n, int k, float alpha, const float *a, int lda, const float *b, int ldb,
    float beta, float *c, int ldc);
#endif

// Has OpenBLAS take the kernels of a processor that this one can do all of, where it took those for old ones because it does not know
// this one and OPENBLAS_CORETYPE does not say another. Before any product, and while no other thread runs: it changes
// the environment for a moment. 1 where something was changed.
int cn_recognize_processor(void);

// Geometry of a square convolution over one image [height, width, channels].
typedef struct {
  ptrdiff_t height, width, channels, kernel, stride, padding, outputWidth;
} cn_convolution;

// Patches of output rows y0..<y1: col[(y1-y0) * outputWidth][kernel * kernel * channels].
void cn_im2col(const float *image, cn_convolution g, ptrdiff_t y0, ptrdiff_t y1, float *col);
// The transpose of cn_im2col: adds each patch's values to the pixels they came from.
void cn_col2im_add(const float *col, cn_convolution g, ptrdiff_t y0, ptrdiff_t y1, float *image);

// Winograd's F(2 x 2, 3 x 3) for stride 1. An output is cut into tiles of 2 x 2; each has 16 values a channel in the
// transformed domain, kept as 16 planes [tile][channel] that lie `plane` floats apart.
typedef struct {
  ptrdiff_t height, width, channels, padding, outputs, outputWidth, tilesAcross;
} cn_winograd;

// v = Bᵀ d B for tile rows t0..<t1 of one image; `zeros` is `channels` zeros.
void cn_winograd_input(
    const float *image, cn_winograd g, ptrdiff_t t0, ptrdiff_t t1, const float *zeros, float *v, ptrdiff_t plane);
// Its transpose: adds to the pixels that were read; `spare` is memory of `channels` floats that may be overwritten.
void cn_winograd_input_gradient(
    const float *dv, ptrdiff_t plane, cn_winograd g, ptrdiff_t t0, ptrdiff_t t1, float *spare, float *image);
// z = Aᵀ m A for `rows` output rows, the first of them even; `spare` is memory of `outputs` floats.
void cn_winograd_output(const float *m, ptrdiff_t plane, cn_winograd g, ptrdiff_t rows, float *spare, float *z);
// Its transpose; `zeros` is `outputs` zeros.
void cn_winograd_output_gradient(
    const float *dz, cn_winograd g, ptrdiff_t rows, const float *zeros, float *dm, ptrdiff_t plane);
// u[16][outputs][c] = G g Gᵀ of w[outputs][3][3][c].
void cn_winograd_weight(const float *w, ptrdiff_t outputs, ptrdiff_t c, float *u);
// Its transpose for outputs from..<to: adds to dw.
void cn_winograd_weight_gradient(
    const float *du, ptrdiff_t outputs, ptrdiff_t c, ptrdiff_t from, ptrdiff_t to, float *dw);

// Per channel over `rows` positions: mean, and sum of squared deviations from it.
void cn_moments(const float *z, ptrdiff_t rows, ptrdiff_t c, float *mean, float *deviation);

// y = act(a (z* - centre) + b) and selected = z*, where z* is the one of each pool x pool window with the largest
// result. The difference comes first: a z could be so large that nothing of the result is left.
// act(u) = u > 0 ? u : slope u. Input rows and columns beyond the last whole window are ignored.
// `selected` may be null.
void cn_affine_pool(
    const float *z, ptrdiff_t height, ptrdiff_t width, ptrdiff_t c, ptrdiff_t pool, const float *a,
    const float *centre, const float *b, float slope, float *y, float *selected);

// Per channel over `rows` positions, g' = y > 0 ? g : slope g: sum += g', sumCentred += g' (selected - centre).
void cn_gradient_sums(
    const float *g, const float *y, const float *selected, ptrdiff_t rows, ptrdiff_t c, const float *centre, float slope,
    float *sum, float *sumCentred);

// dz = base + factor (z - centre) (+ a g' at the selected position of each window), rows `height` of one image, of which the
// first height / pool * pool are pooled. `rest` is scratch of c floats.
void cn_affine_pool_gradient(
    const float *z, const float *g, const float *y, const float *selected, ptrdiff_t height, ptrdiff_t width,
    ptrdiff_t c, ptrdiff_t pool, const float *a, const float *centre, const float *base, const float *factor, float slope,
    float *rest, float *dz);

// Per channel: sum += column sums of z[rows][c].
void cn_column_sums_add(const float *z, ptrdiff_t rows, ptrdiff_t c, float *sum);

// Max over size x size windows, `stride` apart; index is the winner's place in its window, row by row.
void cn_max_pool(
    const float *x, ptrdiff_t height, ptrdiff_t width, ptrdiff_t c, ptrdiff_t size, ptrdiff_t stride, ptrdiff_t oh,
    ptrdiff_t ow, float *y, uint16_t *index);
void cn_max_pool_gradient(
    const float *g, const uint16_t *index, ptrdiff_t height, ptrdiff_t width, ptrdiff_t c, ptrdiff_t size,
    ptrdiff_t stride, ptrdiff_t oh, ptrdiff_t ow, float *dx);
void cn_average_pool(
    const float *x, ptrdiff_t height, ptrdiff_t width, ptrdiff_t c, ptrdiff_t size, ptrdiff_t stride, ptrdiff_t oh,
    ptrdiff_t ow, float *y);
void cn_average_pool_gradient(
    const float *g, ptrdiff_t height, ptrdiff_t width, ptrdiff_t c, ptrdiff_t size, ptrdiff_t stride, ptrdiff_t oh,
    ptrdiff_t ow, float *dx);

// total[i] += partials[0][i] + partials[1][i] + ..., i in [from, to), always in this order.
void cn_reduce_add(const float *partials, ptrdiff_t count, ptrdiff_t stride, ptrdiff_t from, ptrdiff_t to, float *total);

// Sum of squares in double precision.
double cn_sum_of_squares(const float *x, ptrdiff_t n);

// Decoupled weight decay (Loshchilov & Hutter 2019): w -= decay w; m, v moments of scale g;
// w -= step m / (sqrt(v) rootScale + epsilon).
typedef struct {
  float beta1, beta2, epsilon, scale, decay, step, rootScale;
} cn_adamw_settings;
void cn_adamw(float *w, const float *g, float *m, float *v, ptrdiff_t n, cn_adamw_settings s);

// average = decay average + (1 - decay) x.
void cn_average(float *average, const float *x, ptrdiff_t n, float decay);

#endif
