// The encoder of edges as plain C, for node codes of one type. Included once for each: defines ENCODE from codes of CODE.

ck_encoded_edge ENCODE(
  const void *from_code, float from_scale, const void *to_code, float to_scale, size_t n, uint8_t *codes
) {
  const CODE *from = from_code, *to = to_code;
  static const float inverse_fractions[CK_STEP_CANDIDATES] = CK_INVERSE_FRACTIONS;

  float peaks[8] = {0}, energies[8] = {0};
  for (size_t i = 0; i < n; i += 8) {
    for (size_t l = 0; l < 8; l++) {
      float y = to_scale * (float)to[i + l] - from_scale * (float)from[i + l];
      peaks[l] = magnitude(y) > peaks[l] ? magnitude(y) : peaks[l];
      energies[l] += y * y;
    }
  }
  float peak = 0;
  for (size_t l = 0; l < 8; l++) peak = peaks[l] > peak ? peaks[l] : peak;
  float inverse = ck_inverse_of_peak(peak);

  // Scores are taken of the scaled difference, which neither overflows nor vanishes.
  float best_score = -1, best = 0;
  for (size_t k = 0; k < CK_STEP_CANDIDATES; k++) {
    float dots[8] = {0}, squares[8] = {0};
    for (size_t i = 0; i < n; i += 8) {
      for (size_t l = 0; l < 8; l++) {
        float z = (to_scale * (float)to[i + l] - from_scale * (float)from[i + l]) * inverse;
        float c = centred_code(z, inverse_fractions[k]);
        dots[l] += z * c;
        squares[l] += c * c;
      }
    }
    float dot = total(dots), score = dot * dot / total(squares);
    if (score > best_score) {
      best_score = score;
      best = inverse_fractions[k];
    }
  }

  float y_dots[8] = {0}, from_dots[8] = {0};
  for (size_t i = 0; i < n; i += 8) {
    for (size_t l = 0; l < 8; l++) {
      float start = from_scale * (float)from[i + l];
      float y = to_scale * (float)to[i + l] - start;
      float c = centred_code(y * inverse, best);
      y_dots[l] += y * c;
      from_dots[l] += start * c;
      codes[i + l] = (uint8_t)(c + 7.5f);
    }
  }
  return ck_edge_of(peak, total(energies), total(y_dots), total(from_dots));
}
