// word2vec with negative sampling (Mikolov et al. 2013), on rows of float32 whose length is a multiple of 16.
#ifndef CNETWORKS_WORDS_H
#define CNETWORKS_WORDS_H

#include <stddef.h>
#include <stdint.h>

enum { cn_words_lanes = 16, cn_words_most_negatives = 64, cn_words_most_window = 64, cn_words_sigmoid_size = 1024 };

// What is trained, and how examples are drawn from tokens.
typedef struct {
  float *input;              // [rows][stride]: a row a word, then a row an n-gram bucket
  float *output;             // [words][stride]
  ptrdiff_t stride;          // a multiple of cn_words_lanes
  int32_t words;
  const int32_t *parts;      // the rows of word w are parts[partStart[w]..<partStart[w + 1]]; null: row w alone
  const int32_t *partStart;
  const uint32_t *chance;    // Vose's alias table over words: take i with chance[i] / 2^32, else other[i]
  const int32_t *other;
  const uint32_t *keep;      // a token stays with keep[w] / 2^32
  const float *sigmoid;      // cn_words_sigmoid_size + 1 values over [-8, 8]
  int32_t window, negatives;
  int32_t skipGram;          // one example a context word, instead of one a window
} cn_words;

// Examples: the inputs' mean must tell the target from the negatives. Targets are `negatives` + 1 an example, -1 where
// a negative happened to be the target.
typedef struct {
  int32_t *targets;
  int32_t *contexts;         // words
  int32_t *contextStart;     // [capacity + 1]
  ptrdiff_t count, capacity;
  ptrdiff_t contextCapacity;
} cn_words_examples;

// The next value of a SplitMix64 stream.
uint64_t cn_words_random(uint64_t *state);

// Draws examples from `count` tokens; a negative token is a border. Of the `before` tokens that stand before them and the
// `after` behind them, those of the same sentence are in windows, but no window is around them. The kept tokens go to `spare`
// [count + 2 * window]. The window's reach is drawn uniformly from 1...window a token. Returns how many tokens were used: fewer
// than `count` where the examples are full; the next call goes on at the last border before.
ptrdiff_t cn_words_draw(
    const cn_words *m, const int32_t *tokens, ptrdiff_t count, ptrdiff_t before, ptrdiff_t after, uint64_t *random,
    int32_t *spare, cn_words_examples *to);

// Trains on examples from..<to one after another, in place. Threads may do so at a time without locks (Hogwild, Niu et
// al. 2011). `spare` is 2 * stride floats. Returns the sum of the losses: -log p(target) - sum log(1 - p(negative)) each.
double cn_words_step(
    const cn_words *m, const cn_words_examples *examples, ptrdiff_t from, ptrdiff_t to, float rate, float *spare);

// The first half of a step on a whole batch: nothing is changed. hidden and error are [count][stride], slope
// [count][negatives + 1].
double cn_words_gradient(
    const cn_words *m, const cn_words_examples *examples, ptrdiff_t from, ptrdiff_t to, float rate, float *hidden,
    float *error, float *slope);

// The second half: adds to the rows that belong to `share` of `shares`, each row in the examples' order, so that the
// result is the same for any number of shares.
void cn_words_apply(
    const cn_words *m, const cn_words_examples *examples, ptrdiff_t count, const float *hidden, const float *error,
    const float *slope, int32_t share, int32_t shares);

// y[i] = sum over the entries e of row i of values[e] x[columns[e]], rows of n floats, i in [from, to).
void cn_words_sparse_product(
    const int64_t *start, const int32_t *columns, const float *values, const float *x, ptrdiff_t n, ptrdiff_t from,
    ptrdiff_t to, float *y);

// Softmax over one true and n drawn words, in place: scores [rows][n] and own [rows] become the derivatives of the summed
// loss, which is returned. A drawn word that is the row's own (drawn[k] == truth[row]) is left out: its derivative is 0.
double cn_words_contrast(
    float *scores, float *own, ptrdiff_t rows, ptrdiff_t n, const int32_t *drawn, const int32_t *truth);

// A step of AdaGrad with one accumulator a row (Duchi et al. 2011): sum += |g|^2 / n; row -= rate g / sqrt(sum).
// The gradients g[i] belong to the rows ids[i], i in 0..<count; a row that is not share's (id % shares) is left alone.
void cn_words_adagrad(
    float *rows, float *sums, ptrdiff_t n, const int32_t *ids, const float *g, ptrdiff_t count, float rate, int32_t share,
    int32_t shares);

#endif
