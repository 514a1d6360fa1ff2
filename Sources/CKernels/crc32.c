#include "Checksum.h"

#include <pthread.h>
#include <string.h>

// Bits are kept in the order of the standard: the lowest bit of a byte is its highest power.

/// Eight tables of 256 ("slicing by 8"; Kounavis & Berry, A systematic approach to building high performance
/// software-based CRC generators, 2005).
static uint32_t tables[8][256];
static pthread_once_t tables_are_made = PTHREAD_ONCE_INIT;

static void make_tables(void) {
  for (uint32_t byte = 0; byte < 256; byte++) {
    uint32_t value = byte;
    for (int bit = 0; bit < 8; bit++) value = (value & 1) ? 0xEDB88320u ^ value >> 1 : value >> 1;
    tables[0][byte] = value;
  }
  for (int place = 1; place < 8; place++) {
    for (int byte = 0; byte < 256; byte++) {
      const uint32_t before = tables[place - 1][byte];
      tables[place][byte] = tables[0][before & 0xFF] ^ before >> 8;
    }
  }
}

static uint32_t by_tables(uint32_t value, const unsigned char *at, size_t n) {
  for (; n >= 8; at += 8, n -= 8) {
    const uint32_t low = value ^ ((uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24);
    // The first byte has the longest way to go, so it takes the last table.
    value = tables[7][low & 0xFF] ^ tables[6][low >> 8 & 0xFF] ^ tables[5][low >> 16 & 0xFF] ^ tables[4][low >> 24] ^
            tables[3][at[4]] ^ tables[2][at[5]] ^ tables[1][at[6]] ^ tables[0][at[7]];
  }
  for (; n > 0; at++, n--) value = tables[0][(value ^ *at) & 0xFF] ^ value >> 8;
  return value;
}

#if defined(__x86_64__)
#include <immintrin.h>

#define FOLDING __attribute__((target("pclmul,sse4.1")))

/// Moves 16 bytes forward by as many bits as `powers` says, onto the 16 that are there.
FOLDING static inline __m128i fold(__m128i sum, __m128i powers, __m128i next) {
  const __m128i low = _mm_clmulepi64_si128(sum, powers, 0x00), high = _mm_clmulepi64_si128(sum, powers, 0x11);
  return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

/// Folds 64 bytes at a time, 64 at least (Gopal et al., Fast CRC Computation for Generic Polynomials Using PCLMULQDQ
/// Instruction, Intel 2009). The last 16 bytes of sums have the remainder of all, and the tables take it.
FOLDING static uint32_t by_folding(uint32_t value, const unsigned char *at, size_t n) {
  const __m128i *from = (const __m128i *)at;
  __m128i a = _mm_xor_si128(_mm_loadu_si128(from), _mm_cvtsi32_si128((int)value));
  __m128i b = _mm_loadu_si128(from + 1), c = _mm_loadu_si128(from + 2), d = _mm_loadu_si128(from + 3);
  // x to the 4·128 + 32 and 4·128 − 32, and to the 128 + 32 and 128 − 32, modulo the polynomial.
  const __m128i by512 = _mm_set_epi64x(0x01C6E41596, 0x0154442BD4), by128 = _mm_set_epi64x(0x00CCAA009E, 0x01751997D0);
  size_t left = n - 64;
  for (from += 4; left >= 64; from += 4, left -= 64) {
    a = fold(a, by512, _mm_loadu_si128(from));
    b = fold(b, by512, _mm_loadu_si128(from + 1));
    c = fold(c, by512, _mm_loadu_si128(from + 2));
    d = fold(d, by512, _mm_loadu_si128(from + 3));
  }
  a = fold(fold(fold(a, by128, b), by128, c), by128, d);
  for (; left >= 16; from++, left -= 16) a = fold(a, by128, _mm_loadu_si128(from));
  unsigned char sums[16];
  _mm_storeu_si128((__m128i *)sums, a);
  return by_tables(by_tables(0, sums, 16), (const unsigned char *)from, left);
}
#endif

#if defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>

static uint32_t by_instruction(uint32_t value, const unsigned char *at, size_t n) {
  for (; n >= 8; at += 8, n -= 8) {
    uint64_t word;
    memcpy(&word, at, 8);
    value = __crc32d(value, word);
  }
  for (; n > 0; at++, n--) value = __crc32b(value, *at);
  return value;
}
#endif

uint32_t ck_crc32(const void *bytes, size_t n) {
#if defined(__ARM_FEATURE_CRC32)
  return ~by_instruction(~0u, bytes, n);
#else
  pthread_once(&tables_are_made, make_tables);
#if defined(__x86_64__)
  if (n >= 64 && __builtin_cpu_supports("pclmul")) return ~by_folding(~0u, bytes, n);
#endif
  return ~by_tables(~0u, bytes, n);
#endif
}

uint32_t ck_crc32_by_tables(const void *bytes, size_t n) {
  pthread_once(&tables_are_made, make_tables);
  return ~by_tables(~0u, bytes, n);
}
