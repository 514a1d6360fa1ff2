// Integer kernels over codes: estimates of many distances from few bytes, the same bits on every CPU.
//
// A vector is projected onto a few directions (`project`), its coordinates are kept as a *node code* of int8, and the
// differences to its graph neighbours as *edge codes* of 4 bits. One call (`row_estimates`) estimates the keys of all
// neighbours of a node. Sums are exact integers; what follows them is separate multiplications and additions of
// float32 in one stated order, never fused, so that every variant gives the same bits.
#ifndef CODE_KERNELS_H
#define CODE_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __clang__
#pragma clang assume_nonnull begin
#endif

#ifdef __cplusplus
extern "C" {
#endif

/// Neighbours that are scored side by side.
#define CK_GROUP 16

/// The edge codes of one node, as they lie in memory.
typedef struct {
  /// Codes [groups][edge_dimension / 8][16 lanes][4 bytes]: byte t of a lane in chunk c holds coordinate 8 c + t in its
  /// low nibble and coordinate 8 c + 4 + t in its high nibble, each 0…15 for the value (code - 7.5) steps.
  const uint8_t *codes;
  /// [16 groups] the constant part of each estimate, in units of constant_scale.
  const int16_t *constants;
  /// [16 groups] the step of each edge, in units of step_scale.
  const uint8_t *steps;
  float constant_scale;
  float step_scale;
  /// What the estimates of all neighbours are added to.
  float base;
} ck_edges;

/// A query as the edge codes see it.
typedef struct {
  /// [edge_dimension] the projected query in units of `unit`.
  const int8_t *values;
  /// A multiple of 8.
  size_t edge_dimension;
  float unit;
  /// 7.5 * the sum of `values`.
  float offset;
} ck_edge_query;

/// Estimates of the keys of 16 * groups neighbours:
///
///     estimate[j] = (base + constants[j] * constant_scale)
///                 - (steps[j] * (step_scale * unit)) * (sum of code * value over the coordinates - offset)
///
/// in exactly that order of float32 operations. Bit j of below[j / 16] is set where estimate[j] < bound.
typedef void (*ck_row_function)(
  const ck_edges *edges, const ck_edge_query *query, size_t groups, float bound, float *estimates, uint16_t *below);

/// The sum of code[i] * query[i] over n values, int8 (n a multiple of 16) or int16 (n a multiple of 8). `bias` is
/// 128 * the sum of an int8 `query`, for variants whose instructions need one unsigned operand. Codes of int16 are no longer
/// than 46,340 (`ck_round_to_int16`), so that every sum of products fits 32 bits (Cauchy and Schwarz); of others it wraps around.
typedef int32_t (*ck_code_dot_function)(const void *code, const void *query, size_t n, int32_t bias);

/// The same of four codes.
typedef void (*ck_code_dot_four_function)(
  const void *code0, const void *code1, const void *code2, const void *code3, const void *query, size_t n,
  int32_t bias, int32_t *out);

/// Projects a vector of 16 bit fixed point, given as its bytes: value[i] = 256 * (high[i] - 128) + low[i].
///
///     out[r] = 256 * (sum of matrix[r][i] * (high[i] - 128)) + (sum of matrix[r][i] * low[i])
///
/// the two sums exact, then converted to float32, multiplied by 256 and added. `columns` is a multiple of 64 (padding is
/// zero in the matrix); row_sums[r] is 128 * the sum of row r. Sums fit 32 bits up to 65,536 columns.
typedef void (*ck_project_function)(
  const int8_t *matrix, const int32_t *row_sums, size_t rows, size_t columns, const uint8_t *low, const uint8_t *high,
  float *out);

/// Encodes one edge, from a node to a neighbour, out of their node codes:
/// y[i] = to_scale * to[i] - from_scale * from[i], the difference in the first n coordinates (n a multiple of 8).
/// The step is the one of a few candidates (fractions of max|y| / 7.5) whose codes point most nearly along y, i.e.
/// maximize (y · c)² / c² for c = code - 7.5.
typedef struct {
  /// sum of y²
  float energy;
  /// sum of y * c / sum of c² is not unbiased; this is energy / (y · c), with which step * (y · c) = energy. 0 if y is 0.
  float step;
  /// sum over i of from_scale * from[i] * c[i]
  float from_dot;
} ck_encoded_edge;

/// Writes n codes 0…15 to `codes` (one a byte).
typedef ck_encoded_edge (*ck_encode_edge_function)(
  const int8_t *from, float from_scale, const int8_t *to, float to_scale, size_t n, uint8_t *codes);

/// The integer kernels of one variant.
typedef struct {
  const char *name;
  ck_row_function row_estimates;
  ck_code_dot_function code_dot;
  ck_code_dot_four_function code_dot_four;
  ck_project_function project;
  ck_encode_edge_function encode_edge;
  /// Of node codes of int16.
  ck_code_dot_function wide_dot;
  ck_code_dot_four_function wide_dot_four;
} ck_code_kernels;

/// Puts the codes of one edge (n of them, one a byte, n a multiple of 8) in their places: lane j of the row `codes`.
void ck_pack_edge(uint8_t *codes, size_t lane, const uint8_t *edge, size_t n);

/// The code kernels of one instruction set (ck_variant of CKernels.h), or NULL where this CPU or this build has none:
/// baseline (portable C), AVX2, AVX-512 (VNNI, BW, VL too), NEON (dot product instructions where the CPU has them).
const ck_code_kernels *_Nullable ck_code_kernels_of(int variant);

/// The fastest code kernels that this CPU runs. Decided on the first call; safe from any thread.
const ck_code_kernels *ck_best_code_kernels(void);

#ifdef __cplusplus
}
#endif

#ifdef __clang__
#pragma clang assume_nonnull end
#endif

#endif
