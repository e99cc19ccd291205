// SHA-256 (FIPS 180-4), the part that takes time.
#ifndef SIMPLE_SHA256_H
#define SIMPLE_SHA256_H
#include <stddef.h>
#include <stdint.h>

/// Adds `count` blocks of 64 bytes at `blocks` to the eight words at `state`, with the processor's SHA instructions
/// where it has them.
void cp_sha256(uint32_t *_Nonnull state, const void *_Nonnull blocks, size_t count);
/// The same without those instructions, for tests.
void cp_sha256_portable(uint32_t *_Nonnull state, const void *_Nonnull blocks, size_t count);

#endif
