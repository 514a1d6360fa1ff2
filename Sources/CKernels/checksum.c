#include "Checksum.h"

#include <string.h>

// Words are multiplied in pairs to 128 bits, whose halves are folded together: every bit of a pair moves every bit of the
// sum. Four sums at a time, so that no multiplication waits for the one before.

#if defined(__SIZEOF_INT128__)
static inline uint64_t fold(uint64_t a, uint64_t b) {
  unsigned __int128 product = (unsigned __int128)a * b;
  return (uint64_t)product ^ (uint64_t)(product >> 64);
}
#else
static inline uint64_t fold(uint64_t a, uint64_t b) {
  uint64_t low = (a & 0xFFFFFFFF) * (b & 0xFFFFFFFF);
  uint64_t middle = (a >> 32) * (b & 0xFFFFFFFF) + (low >> 32);
  uint64_t cross = (a & 0xFFFFFFFF) * (b >> 32) + (middle & 0xFFFFFFFF);
  uint64_t high = (a >> 32) * (b >> 32) + (middle >> 32) + (cross >> 32);
  return (cross << 32 | (low & 0xFFFFFFFF)) ^ high;
}
#endif

static inline uint64_t word(const unsigned char *at) {
  uint64_t value;
  memcpy(&value, at, 8);
  return value;
}

// The fractions of the square roots of 2, 3, 5, 7, 11 and 13.
#define ROOT2 0x6A09E667F3BCC908u
#define ROOT3 0xBB67AE8584CAA73Bu
#define ROOT5 0x3C6EF372FE94F82Bu
#define ROOT7 0xA54FF53A5F1D36F1u
#define ROOT11 0x510E527FADE682D1u
#define ROOT13 0x9B05688C2B3E6C1Fu

uint64_t ck_checksum(const void *bytes, size_t n, uint64_t seed) {
  const unsigned char *at = bytes;
  size_t left = n;
  uint64_t a = seed ^ ROOT2, b = seed ^ ROOT3, c = seed ^ ROOT5, d = seed ^ ROOT7;
  while (left >= 64) {
    a = fold(word(at) ^ a, word(at + 8) ^ ROOT11);
    b = fold(word(at + 16) ^ b, word(at + 24) ^ ROOT13);
    c = fold(word(at + 32) ^ c, word(at + 40) ^ ROOT11);
    d = fold(word(at + 48) ^ d, word(at + 56) ^ ROOT13);
    at += 64;
    left -= 64;
  }
  uint64_t sum = fold(a ^ ROOT3, b ^ ROOT5) ^ fold(c ^ ROOT7, d ^ ROOT11);
  while (left >= 8) {
    sum = fold(sum ^ word(at), ROOT13);
    at += 8;
    left -= 8;
  }
  if (left > 0) {
    uint64_t last = 0;
    memcpy(&last, at, left);
    sum = fold(sum ^ last, ROOT11);
  }
  return fold(sum ^ ROOT2, (uint64_t)n ^ ROOT7);
}

bool ck_count_links(
  const uint32_t *rows, size_t n, size_t capacity, uint32_t first, uint32_t end, uint32_t *degrees) {
  for (size_t i = 0; i < n; i++) {
    const uint32_t *row = rows + i * capacity;
    const uint32_t own = first + (uint32_t)i;
    size_t at = 0;
    while (at < capacity && row[at] != UINT32_MAX) {
      if (row[at] >= end || row[at] == own) return false;
      degrees[row[at]]++;
      at++;
    }
    while (at < capacity) {
      if (row[at] != UINT32_MAX) return false;
      at++;
    }
  }
  return true;
}
