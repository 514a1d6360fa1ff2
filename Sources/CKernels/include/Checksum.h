// What reading a file of the index back needs: a checksum that costs less than the reading, and a look at every link.
#ifndef CHECKSUM_H
#define CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __clang__
#pragma clang assume_nonnull begin
#endif

#ifdef __cplusplus
extern "C" {
#endif

/// A checksum of n bytes: the same bytes and the same seed give the same number on every machine of this byte order.
/// Against accidents, not against forgers.
uint64_t ck_checksum(const void *bytes, size_t n, uint64_t seed);

/// The CRC-32 of ISO 3309, as zlib computes it: with the instructions for it that the CPU has, or else by tables.
uint32_t ck_crc32(const void *_Nullable bytes, size_t n);

/// The same by tables.
uint32_t ck_crc32_by_tables(const void *_Nullable bytes, size_t n);

/// Checks n rows of `capacity` links each, those of the slots from `first` on: in every row links from the front, none
/// behind the first UINT32_MAX, each below `end` and none to the row's own slot. Counts in `degrees[end]` how often each
/// slot is linked to.
///
/// False as soon as a row is otherwise.
bool ck_count_links(
  const uint32_t *rows, size_t n, size_t capacity, uint32_t first, uint32_t end, uint32_t *degrees);

#ifdef __cplusplus
}
#endif

#ifdef __clang__
#pragma clang assume_nonnull end
#endif

#endif
