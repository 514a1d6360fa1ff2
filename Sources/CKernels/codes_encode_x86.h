// The encoder of edges in eight lanes of 256 bits: there are eight partial sums, so wider registers would add nothing.
// Included by the x86 variants, each of which defines TARGET (instruction sets) first. Multiplications and additions
// are separate on purpose; see CodeKernels.h.

#define INLINE TARGET static inline __attribute__((always_inline))

typedef struct {
  __m256 from, y;
} edge_values;

INLINE __m256 eight_codes(const int8_t *code) {
  return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)code)));
}

INLINE edge_values edge_values_at(const int8_t *from, __m256 from_scale, const int8_t *to, __m256 to_scale) {
  __m256 start = _mm256_mul_ps(from_scale, eight_codes(from));
  return (edge_values){start, _mm256_sub_ps(_mm256_mul_ps(to_scale, eight_codes(to)), start)};
}

INLINE __m256 code_of(__m256 z, __m256 inverse_fraction) {
  __m256 t = _mm256_add_ps(_mm256_mul_ps(z, inverse_fraction), _mm256_set1_ps(7.5f));
  t = _mm256_min_ps(_mm256_max_ps(t, _mm256_setzero_ps()), _mm256_set1_ps(15));
  return _mm256_round_ps(t, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

INLINE __m128 halves_sum(__m256 s) { return _mm_add_ps(_mm256_castps256_ps128(s), _mm256_extractf128_ps(s, 1)); }

// ((s0 + s4) + (s2 + s6)) + ((s1 + s5) + (s3 + s7)), of one and of four registers.
INLINE __m128 total(__m256 s) {
  __m128 four = halves_sum(s), two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_add_ss(two, _mm_movehdup_ps(two));
}

INLINE __m128 four_totals(const __m256 *s) {
  __m128 a = halves_sum(s[0]), b = halves_sum(s[1]), c = halves_sum(s[2]), d = halves_sum(s[3]);
  _MM_TRANSPOSE4_PS(a, b, c, d);
  return _mm_add_ps(_mm_add_ps(a, c), _mm_add_ps(b, d));
}

INLINE float largest(__m256 s) {
  __m128 four = _mm_max_ps(_mm256_castps256_ps128(s), _mm256_extractf128_ps(s, 1));
  __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}

TARGET static ck_encoded_edge encode_edge(
  const int8_t *from, float from_scale, const int8_t *to, float to_scale, size_t n, uint8_t *codes
) {
  static const float inverse_fractions[CK_STEP_CANDIDATES] = CK_INVERSE_FRACTIONS;
  const __m256 from_scales = _mm256_set1_ps(from_scale), to_scales = _mm256_set1_ps(to_scale);
  const __m256 half_range = _mm256_set1_ps(7.5f), sign = _mm256_set1_ps(-0.0f);

  __m256 peaks = _mm256_setzero_ps(), energies = _mm256_setzero_ps();
  for (size_t i = 0; i < n; i += 8) {
    __m256 y = edge_values_at(from + i, from_scales, to + i, to_scales).y;
    peaks = _mm256_max_ps(peaks, _mm256_andnot_ps(sign, y));
    energies = _mm256_add_ps(energies, _mm256_mul_ps(y, y));
  }
  float peak = largest(peaks);
  __m256 inverse = _mm256_set1_ps(ck_inverse_of_peak(peak));

  // All candidates side by side: their sums are independent and hide each other's latency.
  __m256 dots[CK_STEP_CANDIDATES], squares[CK_STEP_CANDIDATES];
#pragma clang loop unroll(full)
  for (size_t k = 0; k < CK_STEP_CANDIDATES; k++) dots[k] = squares[k] = _mm256_setzero_ps();
  for (size_t i = 0; i < n; i += 8) {
    __m256 z = _mm256_mul_ps(edge_values_at(from + i, from_scales, to + i, to_scales).y, inverse);
#pragma clang loop unroll(full)
    for (size_t k = 0; k < CK_STEP_CANDIDATES; k++) {
      __m256 c = _mm256_sub_ps(code_of(z, _mm256_set1_ps(inverse_fractions[k])), half_range);
      dots[k] = _mm256_add_ps(dots[k], _mm256_mul_ps(z, c));
      squares[k] = _mm256_add_ps(squares[k], _mm256_mul_ps(c, c));
    }
  }
  __m128 dot = four_totals(dots), last_dot = total(dots[4]);
  __m128 scores = _mm_div_ps(_mm_mul_ps(dot, dot), four_totals(squares));
  float last_score = _mm_cvtss_f32(_mm_div_ss(_mm_mul_ss(last_dot, last_dot), total(squares[4])));
  // The first of the largest, without branches: which one it is cannot be predicted.
  __m128 best_scores = _mm_max_ps(scores, _mm_movehl_ps(scores, scores));
  best_scores = _mm_max_ss(best_scores, _mm_movehdup_ps(best_scores));
  float best_score = _mm_cvtss_f32(best_scores);
  unsigned equal = (unsigned)_mm_movemask_ps(_mm_cmpeq_ps(scores, _mm_set1_ps(best_score)));
  unsigned chosen = last_score > best_score ? 4 : (unsigned)__builtin_ctz(equal | 16);
  __m256 best = _mm256_set1_ps(inverse_fractions[chosen]);

  __m256 y_dots = _mm256_setzero_ps(), from_dots = _mm256_setzero_ps();
  for (size_t i = 0; i < n; i += 8) {
    edge_values at = edge_values_at(from + i, from_scales, to + i, to_scales);
    __m256 code = code_of(_mm256_mul_ps(at.y, inverse), best);
    __m256 c = _mm256_sub_ps(code, half_range);
    y_dots = _mm256_add_ps(y_dots, _mm256_mul_ps(at.y, c));
    from_dots = _mm256_add_ps(from_dots, _mm256_mul_ps(at.from, c));
    __m256i wide = _mm256_cvtps_epi32(code);
    __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(wide), _mm256_extracti128_si256(wide, 1));
    _mm_storel_epi64((__m128i *)(codes + i), _mm_packus_epi16(words, words));
  }
  return ck_edge_of(
    peak, _mm_cvtss_f32(total(energies)), _mm_cvtss_f32(total(y_dots)), _mm_cvtss_f32(total(from_dots)));
}
