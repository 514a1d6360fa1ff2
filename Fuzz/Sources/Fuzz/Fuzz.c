#include <stddef.h>
#include <stdint.h>

// Reads bytes with the chosen reader; see Tests/FuzzTargets/FuzzTarget.swift.
int likeness_fuzz(const uint8_t *bytes, intptr_t count);

// libFuzzer brings its own main, which calls this.
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  return likeness_fuzz(bytes, (intptr_t)count);
}
