#include "CNetworksWords.h"

#include <math.h>
#include <string.h>

#include "clones.h"

// Rows are walked in vectors of 16 values, which the compiler cuts into what the CPU has.
typedef float lanes __attribute__((vector_size(64), aligned(4)));

uint64_t cn_words_random(uint64_t *state) {
  uint64_t z = (*state += 0x9E3779B97F4A7C15u);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

static int32_t negative(const cn_words *m, uint64_t *random) {
  const uint64_t bits = cn_words_random(random);
  const int32_t i = (int32_t)(((bits >> 32) * (uint64_t)m->words) >> 32);
  return (uint32_t)bits < m->chance[i] ? i : m->other[i];
}

static void draw_targets(const cn_words *m, int32_t word, uint64_t *random, int32_t *targets) {
  targets[0] = word;
  for (int32_t k = 1; k <= m->negatives; k++) {
    const int32_t other = negative(m, random);
    targets[k] = other == word ? -1 : other;
  }
}

// Whether an occurrence of a word stays.
static int keeps(const cn_words *m, int32_t word, uint64_t *random) {
  return m->keep[word] == UINT32_MAX || (uint32_t)(cn_words_random(random) >> 32) < m->keep[word];
}

ptrdiff_t cn_words_draw(
    const cn_words *m, const int32_t *tokens, ptrdiff_t count, ptrdiff_t before, ptrdiff_t after, uint64_t *random,
    int32_t *spare, cn_words_examples *to) {
  const ptrdiff_t width = m->negatives + 1;
  to->count = 0;
  to->contextStart[0] = 0;
  ptrdiff_t used = 0;
  while (used < count) {
    ptrdiff_t end = used, first_kept = 0;
    // What stands around the tokens in their sentence, as far as windows reach.
    for (ptrdiff_t i = -1; used == 0 && i >= -before && first_kept < m->window && tokens[i] >= 0; i--)
      if (keeps(m, tokens[i], random)) spare[first_kept++] = tokens[i];
    for (ptrdiff_t i = 0; i < first_kept / 2; i++) {
      const int32_t other = spare[i];
      spare[i] = spare[first_kept - 1 - i];
      spare[first_kept - 1 - i] = other;
    }
    ptrdiff_t around = first_kept;
    for (; end < count && tokens[end] >= 0; end++)
      if (keeps(m, tokens[end], random)) spare[around++] = tokens[end];
    ptrdiff_t kept = around - first_kept, right = 0;
    for (ptrdiff_t i = count; end == count && i < count + after && right < m->window && tokens[i] >= 0; i++)
      if (keeps(m, tokens[i], random)) spare[around + right++] = tokens[i];
    around += right;
    // As many examples and contexts as the sentence can have at most.
    const ptrdiff_t most = kept * (m->skipGram ? 2 * m->window : 1);
    if (to->count + most > to->capacity ||
        to->contextStart[to->count] + kept * 2 * m->window > to->contextCapacity) {
      if (to->count > 0) return used;
      // A sentence that is longer than everything: its beginning is taken.
      const ptrdiff_t room = m->skipGram ? to->capacity / (2 * m->window) : to->capacity;
      const ptrdiff_t contextRoom = to->contextCapacity / (2 * m->window);
      kept = kept < room ? kept : room;
      kept = kept < contextRoom ? kept : contextRoom;
    }
    for (ptrdiff_t at = first_kept; at < first_kept + kept; at++) {
      const ptrdiff_t reach = 1 + (ptrdiff_t)(((cn_words_random(random) >> 32) * (uint64_t)m->window) >> 32);
      const ptrdiff_t first = at < reach ? 0 : at - reach, last = at + reach < around - 1 ? at + reach : around - 1;
      if (first == last) continue;
      int32_t *targets = to->targets + to->count * width;
      draw_targets(m, spare[at], random, targets);
      int32_t start = to->contextStart[to->count];
      for (ptrdiff_t c = first; c <= last; c++) {
        if (c == at) continue;
        to->contexts[start++] = spare[c];
        if (!m->skipGram) continue;
        // The examples of one window share their negatives, which stay in the nearest cache.
        int32_t *own = to->targets + to->count * width;
        if (own != targets) memcpy(own, targets, (size_t)width * sizeof(int32_t));
        to->contextStart[++to->count] = start;
      }
      if (!m->skipGram) to->contextStart[++to->count] = start;
    }
    used = end < count ? end + 1 : end;
  }
  return used;
}

CN_INLINE float dot(const float *a, const float *b, ptrdiff_t n) {
  lanes even = {0}, odd = {0};
  ptrdiff_t i = 0;
  for (; i + 32 <= n; i += 32) {
    even += *(const lanes *)(a + i) * *(const lanes *)(b + i);
    odd += *(const lanes *)(a + i + 16) * *(const lanes *)(b + i + 16);
  }
  if (i < n) even += *(const lanes *)(a + i) * *(const lanes *)(b + i);
  even += odd;
  float sum[16];
  memcpy(sum, &even, sizeof sum);
  for (int width = 8; width > 0; width /= 2)
    for (int k = 0; k < width; k++) sum[k] += sum[k + width];
  return sum[0];
}

CN_INLINE void add(float *to, const float *from, ptrdiff_t n) {
  for (ptrdiff_t i = 0; i < n; i += 16) *(lanes *)(to + i) += *(const lanes *)(from + i);
}

CN_INLINE void add_scaled(float *to, const float *from, float scale, ptrdiff_t n) {
  for (ptrdiff_t i = 0; i < n; i += 16) *(lanes *)(to + i) += *(const lanes *)(from + i) * scale;
}

CN_INLINE void scale_row(float *row, float scale, ptrdiff_t n) {
  for (ptrdiff_t i = 0; i < n; i += 16) *(lanes *)(row + i) *= scale;
}

CN_INLINE float sigmoid(const float *table, float x) {
  const float place = (fminf(fmaxf(x, -8), 8) + 8) * (cn_words_sigmoid_size / 16.0f);
  const int32_t low = (int32_t)place < cn_words_sigmoid_size ? (int32_t)place : cn_words_sigmoid_size - 1;
  return table[low] + (place - (float)low) * (table[low + 1] - table[low]);
}

// hidden = the mean of the contexts' rows.
CN_INLINE void gather(const cn_words *m, const int32_t *contexts, ptrdiff_t count, float *hidden) {
  const ptrdiff_t n = m->stride;
  ptrdiff_t rows = 0;
  memset(hidden, 0, (size_t)n * sizeof(float));
  for (ptrdiff_t c = 0; c < count; c++) {
    if (m->parts) {
      for (int32_t p = m->partStart[contexts[c]]; p < m->partStart[contexts[c] + 1]; p++, rows++)
        add(hidden, m->input + m->parts[p] * n, n);
    } else {
      add(hidden, m->input + contexts[c] * n, n);
      rows++;
    }
  }
  if (rows > 1) scale_row(hidden, 1 / (float)rows, n);
}

// As in word2vec the error is not divided among the contexts: each row gets all of it.
CN_INLINE void scatter(const cn_words *m, const int32_t *contexts, ptrdiff_t count, const float *error) {
  const ptrdiff_t n = m->stride;
  for (ptrdiff_t c = 0; c < count; c++) {
    if (m->parts) {
      for (int32_t p = m->partStart[contexts[c]]; p < m->partStart[contexts[c] + 1]; p++)
        add(m->input + m->parts[p] * n, error, n);
    } else {
      add(m->input + contexts[c] * n, error, n);
    }
  }
}

// Rows lie anywhere in tens of megabytes: they are asked for an example ahead.
CN_INLINE void prefetch(const cn_words *m, const cn_words_examples *examples, ptrdiff_t e) {
  const ptrdiff_t n = m->stride, width = m->negatives + 1;
  for (ptrdiff_t k = 0; k < width; k++) {
    const int32_t target = examples->targets[e * width + k];
    if (target < 0) continue;
    for (ptrdiff_t i = 0; i < n; i += 16) __builtin_prefetch(m->output + target * n + i, 1, 2);
  }
  for (int32_t c = examples->contextStart[e]; c < examples->contextStart[e + 1]; c++)
    for (ptrdiff_t i = 0; i < n; i += 16) __builtin_prefetch(m->input + examples->contexts[c] * n + i, 1, 2);
}

// The loss of an example is -log p of its word and -log(1 - p) of each negative: minus the logarithm of one product, which
// doubles hold, as no factor is below the table's least, e^-8, and no example has more than 65.
CN_CLONES double cn_words_step(
    const cn_words *m, const cn_words_examples *examples, ptrdiff_t from, ptrdiff_t to, float rate, float *spare) {
  const ptrdiff_t n = m->stride, width = m->negatives + 1;
  float *hidden = spare, *error = spare + n;
  double loss = 0;
  for (ptrdiff_t e = from; e < to; e++) {
    const int32_t *contexts = examples->contexts + examples->contextStart[e];
    const ptrdiff_t count = examples->contextStart[e + 1] - examples->contextStart[e];
    const int32_t *targets = examples->targets + e * width;
    if (e + 1 < to) prefetch(m, examples, e + 1);
    gather(m, contexts, count, hidden);
    memset(error, 0, (size_t)n * sizeof(float));
    double likelihood = 1;
    for (ptrdiff_t k = 0; k < width; k++) {
      if (targets[k] < 0) continue;
      float *row = m->output + targets[k] * n;
      const float p = sigmoid(m->sigmoid, dot(hidden, row, n));
      likelihood *= k == 0 ? p : 1 - p;
      const float slope = ((k == 0) - p) * rate;
      add_scaled(error, row, slope, n);
      add_scaled(row, hidden, slope, n);
    }
    loss -= log(likelihood);
    scatter(m, contexts, count, error);
  }
  return loss;
}

CN_CLONES double cn_words_gradient(
    const cn_words *m, const cn_words_examples *examples, ptrdiff_t from, ptrdiff_t to, float rate, float *hiddens,
    float *errors, float *slopes) {
  const ptrdiff_t n = m->stride, width = m->negatives + 1;
  double loss = 0;
  for (ptrdiff_t e = from; e < to; e++) {
    float *hidden = hiddens + e * n, *error = errors + e * n;
    const ptrdiff_t count = examples->contextStart[e + 1] - examples->contextStart[e];
    gather(m, examples->contexts + examples->contextStart[e], count, hidden);
    memset(error, 0, (size_t)n * sizeof(float));
    double likelihood = 1;
    for (ptrdiff_t k = 0; k < width; k++) {
      const int32_t target = examples->targets[e * width + k];
      if (target < 0) continue;
      const float *row = m->output + target * n;
      const float p = sigmoid(m->sigmoid, dot(hidden, row, n));
      likelihood *= k == 0 ? p : 1 - p;
      const float slope = ((k == 0) - p) * rate;
      slopes[e * width + k] = slope;
      add_scaled(error, row, slope, n);
    }
    loss -= log(likelihood);
  }
  return loss;
}

CN_CLONES void cn_words_apply(
    const cn_words *m, const cn_words_examples *examples, ptrdiff_t count, const float *hidden, const float *error,
    const float *slope, int32_t share, int32_t shares) {
  const ptrdiff_t n = m->stride, width = m->negatives + 1;
  for (ptrdiff_t e = 0; e < count; e++) {
    for (ptrdiff_t k = 0; k < width; k++) {
      const int32_t target = examples->targets[e * width + k];
      if (target >= 0 && target % shares == share)
        add_scaled(m->output + target * n, hidden + e * n, slope[e * width + k], n);
    }
    for (int32_t c = examples->contextStart[e]; c < examples->contextStart[e + 1]; c++) {
      const int32_t word = examples->contexts[c];
      if (!m->parts) {
        if (word % shares == share) add(m->input + word * n, error + e * n, n);
        continue;
      }
      for (int32_t p = m->partStart[word]; p < m->partStart[word + 1]; p++)
        if (m->parts[p] % shares == share) add(m->input + m->parts[p] * n, error + e * n, n);
    }
  }
}

// e^x for x <= 0 in every lane: 2^(x log2 e) as an exponent and a polynomial, relative error below 1e-6.
CN_INLINE void exponential(lanes *value) {
  typedef int32_t whole __attribute__((vector_size(64)));
  const lanes least = {-87, -87, -87, -87, -87, -87, -87, -87, -87, -87, -87, -87, -87, -87, -87, -87};
  lanes x = *value;
  const whole above = x > least;
  x = (lanes)(((whole)x & above) | ((whole)least & ~above));
  const lanes scaled = x * 1.44269504f;
  const whole exponent = __builtin_convertvector(scaled - 0.5f, whole);
  const lanes rest = (scaled - __builtin_convertvector(exponent, lanes)) * 0.69314718f;
  lanes sum = rest * (1.0f / 5040) + 1.0f / 720;
  sum = sum * rest + 1.0f / 120;
  sum = sum * rest + 1.0f / 24;
  sum = sum * rest + 1.0f / 6;
  sum = sum * rest + 0.5f;
  sum = sum * rest + 1;
  sum = sum * rest + 1;
  const whole bits = (exponent + 127) << 23;
  lanes power;
  memcpy(&power, &bits, sizeof power);
  *value = sum * power;
}

CN_CLONES double cn_words_contrast(
    float *scores, float *own, ptrdiff_t rows, ptrdiff_t n, const int32_t *drawn, const int32_t *truth) {
  double loss = 0;
  for (ptrdiff_t r = 0; r < rows; r++) {
    float *row = scores + r * n;
    float most = own[r];
    for (ptrdiff_t k = 0; k < n; k++) {
      if (drawn[k] == truth[r]) row[k] = -INFINITY;
      most = row[k] > most ? row[k] : most;
    }
    const float first = expf(own[r] - most);
    float sums[16] = {0};
    lanes sum = {0};
    for (ptrdiff_t k = 0; k < n; k += 16) {
      lanes e = *(const lanes *)(row + k) - most;
      exponential(&e);
      *(lanes *)(row + k) = e;
      sum += e;
    }
    memcpy(sums, &sum, sizeof sums);
    double total = first;
    for (int k = 0; k < 16; k++) total += sums[k];
    const float scale = (float)(1 / total);
    for (ptrdiff_t k = 0; k < n; k += 16) *(lanes *)(row + k) *= scale;
    for (ptrdiff_t k = 0; k < n; k++)
      if (drawn[k] == truth[r]) row[k] = 0;
    const float p = first * scale;
    loss -= logf(p > 1e-30f ? p : 1e-30f);
    own[r] = p - 1;
  }
  return loss;
}

CN_CLONES void cn_words_adagrad(
    float *rows, float *sums, ptrdiff_t n, const int32_t *ids, const float *g, ptrdiff_t count, float rate, int32_t share,
    int32_t shares) {
  for (ptrdiff_t i = 0; i < count; i++) {
    if (ids[i] % shares != share) continue;
    const float *step = g + i * n;
    sums[ids[i]] += dot(step, step, n) / (float)n;
    if (sums[ids[i]] > 0) add_scaled(rows + ids[i] * n, step, -rate / sqrtf(sums[ids[i]]), n);
  }
}

CN_CLONES void cn_words_sparse_product(
    const int64_t *start, const int32_t *columns, const float *values, const float *x, ptrdiff_t n, ptrdiff_t from,
    ptrdiff_t to, float *y) {
  for (ptrdiff_t i = from; i < to; i++) {
    float *row = y + i * n;
    memset(row, 0, (size_t)n * sizeof(float));
    for (int64_t e = start[i]; e < start[i + 1]; e++) add_scaled(row, x + columns[e] * n, values[e], n);
  }
}
