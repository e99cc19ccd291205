// The compiler's malloc: for a process that lives for milliseconds, allocates on one thread, and never returns memory.
//
// Small blocks (up to SMALL_LIMIT) have size classes of 16 bytes, with a list of free blocks each; new ones are cut from
// a chunk. Large blocks are kept by size, four classes per power of two, and split to fit; a free one also serves as the
// next chunk, so that what arrays leave behind when they grow is used again. Free neighbours are not joined. Memory comes
// from the system in regions aligned for huge pages, which save most page faults (a tenth of the time of compiling a
// large module).
//
// Each thread has its own lists, so nothing is locked but the regions; a block freed by another thread goes to that
// thread's lists. What a thread still has when it ends is lost.
//
// A block is 16-aligned and preceded by one word: its size in bytes without that word, which is 16 n + 8, so that the
// next block is aligned too. A block of larger alignment has the flag `IS_ALIGNED` and is not used again.

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#define EXPORT __attribute__((visibility("default")))
#define LIKELY(x) __builtin_expect(!!(x), 1)

enum {
    SMALL_LIMIT = 2040,
    SMALL_CLASSES = SMALL_LIMIT / 16 + 1,
    LARGE_CLASSES = 256,
    HUGE_PAGE = 2 << 20,
    CHUNK = 256 << 10,
    // A free large block of less is not worth a chunk.
    LEAST_CHUNK = 8 << 10,
    IS_ALIGNED = 1,
};
#define REGION ((size_t)64 << 20)
#define LARGEST ((size_t)1 << 46)

struct block { struct block *next; };

struct heap {
    /// The rest of the chunk: where the next block goes, with its header in front; and the end.
    char *cursor, *end;
    struct block *small[SMALL_CLASSES];
    struct block *large[LARGE_CLASSES];
    /// Which of `large` have blocks.
    uint64_t hasLarge[LARGE_CLASSES / 64];
};
static __thread struct heap heap;

/// The rest of the region.
static char *regionCursor, *regionEnd;
static atomic_flag regionLock = ATOMIC_FLAG_INIT;

static inline size_t *header(void *pointer) { return (size_t *)pointer - 1; }
static inline size_t sizeOf(void *pointer) { return *header(pointer) & ~(size_t)7; }
/// The size of a block for `wanted` bytes.
static inline size_t blockSize(size_t wanted) { return ((wanted + 7) & ~(size_t)15) + 8; }

/// The last class of large blocks all of which could be cut from a block of `size` bytes: four per power of two.
static inline unsigned floorClass(size_t size) {
    unsigned log = 63 - (unsigned)__builtin_clzll(size);
    return log * 4 + (unsigned)((size >> (log - 2)) & 3);
}

/// `size` bytes (a multiple of 16) of fresh memory, 16-aligned; NULL if the system has none.
static char *fresh(size_t size) {
    while (atomic_flag_test_and_set_explicit(&regionLock, memory_order_acquire)) {}
    if ((size_t)(regionEnd - regionCursor) < size) {
        size_t length = size + HUGE_PAGE > REGION ? size + HUGE_PAGE : REGION;
        char *region = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (region == MAP_FAILED) {
            // Address space may be scarce.
            length = size > CHUNK ? size : CHUNK;
            region = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        }
        if (region == MAP_FAILED) {
            atomic_flag_clear_explicit(&regionLock, memory_order_release);
            return NULL;
        }
        regionCursor = region;
        regionEnd = region + length;
        if (length > HUGE_PAGE) {
            madvise(region, length, MADV_HUGEPAGE);
            regionCursor += -(uintptr_t)region & (HUGE_PAGE - 1);
        }
    }
    char *result = regionCursor;
    regionCursor += size;
    atomic_flag_clear_explicit(&regionLock, memory_order_release);
    return result;
}

static void keepLarge(void *pointer) {
    unsigned class = floorClass(sizeOf(pointer));
    struct block *block = pointer;
    block->next = heap.large[class];
    heap.large[class] = block;
    heap.hasLarge[class / 64] |= (uint64_t)1 << (class % 64);
}

static void *takeFirst(unsigned class) {
    struct block *block = heap.large[class];
    heap.large[class] = block->next;
    if (!block->next) heap.hasLarge[class / 64] &= ~((uint64_t)1 << (class % 64));
    return block;
}

/// Takes a free large block from the first class from `class` on that has one; NULL: there is none.
static void *takeLarge(unsigned class) {
    uint64_t mask = ~(uint64_t)0 << (class % 64);
    for (unsigned word = class / 64; word < LARGE_CLASSES / 64; word++) {
        uint64_t bits = heap.hasLarge[word] & mask;
        if (bits) return takeFirst(word * 64 + (unsigned)__builtin_ctzll(bits));
        mask = ~(uint64_t)0;
    }
    return NULL;
}

/// A large block of `size` bytes or a little more.
static void *allocateLarge(size_t size) {
    unsigned class = floorClass(size);
    struct block *first = heap.large[class];
    // Each block of the next class is large enough; of its own class, the first may be.
    char *block = first && sizeOf(first) >= size ? takeFirst(class) : takeLarge(class + 1);
    if (block) {
        size_t rest = sizeOf(block) - size;
        if (rest >= LEAST_CHUNK) {
            *header(block) = size;
            char *second = block + size + 8;
            *header(second) = rest - 8;
            keepLarge(second);
        }
        return block;
    }
    char *memory = fresh(size + 24);
    if (!memory) {
        errno = ENOMEM;
        return NULL;
    }
    block = memory + 16;
    *header(block) = size;
    return block;
}

/// Starts another chunk and allocates from it.
static __attribute__((noinline)) void *allocateFromNewChunk(size_t size) {
    char *chunk = takeLarge(floorClass(LEAST_CHUNK));
    if (chunk) {
        heap.cursor = chunk;
        heap.end = chunk + sizeOf(chunk);
    } else {
        chunk = fresh(CHUNK);
        if (!chunk) {
            errno = ENOMEM;
            return NULL;
        }
        heap.cursor = chunk + 16;
        heap.end = chunk + CHUNK;
    }
    char *block = heap.cursor;
    *header(block) = size;
    heap.cursor += size + 8;
    return block;
}

EXPORT void *malloc(size_t wanted) {
    size_t size = blockSize(wanted);
    if (LIKELY(wanted <= SMALL_LIMIT)) {
        struct block *block = heap.small[size / 16];
        if (LIKELY(block != NULL)) {
            heap.small[size / 16] = block->next;
            return block;
        }
        char *cursor = heap.cursor;
        // The cursor may be a header behind the end.
        if (LIKELY(heap.end - cursor >= (ptrdiff_t)size)) {
            *header(cursor) = size;
            heap.cursor = cursor + size + 8;
            return cursor;
        }
        return allocateFromNewChunk(size);
    }
    if (wanted > LARGEST) {
        errno = ENOMEM;
        return NULL;
    }
    return allocateLarge(size);
}

EXPORT void free(void *pointer) {
    if (!pointer || *header(pointer) & IS_ALIGNED) return;
    size_t size = *header(pointer);
    if (LIKELY(size <= SMALL_LIMIT)) {
        struct block *block = pointer;
        block->next = heap.small[size / 16];
        heap.small[size / 16] = block;
    } else {
        keepLarge(pointer);
    }
}

EXPORT size_t malloc_usable_size(void *pointer) { return pointer ? sizeOf(pointer) : 0; }

EXPORT void *calloc(size_t count, size_t size) {
    size_t total;
    if (__builtin_mul_overflow(count, size, &total)) {
        errno = ENOMEM;
        return NULL;
    }
    void *block = malloc(total);
    return block ? memset(block, 0, total) : NULL;
}

EXPORT void *realloc(void *pointer, size_t size) {
    if (!pointer) return malloc(size);
    size_t old = sizeOf(pointer);
    if (size <= old) return pointer;
    void *block = malloc(size);
    if (!block) return NULL;
    memcpy(block, pointer, old);
    free(pointer);
    return block;
}

EXPORT void *memalign(size_t alignment, size_t size) {
    if (alignment <= 16) return malloc(size);
    if (alignment > LARGEST || size > LARGEST) {
        errno = ENOMEM;
        return NULL;
    }
    char *block = malloc(size + alignment + 16);
    if (!block) return NULL;
    char *aligned = block + 16;
    aligned += -(uintptr_t)aligned & (alignment - 1);
    *header(aligned) = ((size + 7) & ~(size_t)7) | IS_ALIGNED;
    return aligned;
}

EXPORT void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

EXPORT int posix_memalign(void **result, size_t alignment, size_t size) {
    void *block = memalign(alignment, size);
    if (!block) return ENOMEM;
    *result = block;
    return 0;
}
