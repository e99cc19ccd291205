// Capstone, the disassembler, found at run time: only `--disassemble` and `--emit=asm` need it. Declared here are the
// few entry points we use, as documented in Capstone's own header <capstone/capstone.h>, and nothing of its types but
// where the texts of an instruction lie, which depends on the major version.
#ifndef SIMPLE_CAPSTONE_H
#define SIMPLE_CAPSTONE_H
#include <dlfcn.h>
#include <gnu/libc-version.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/// An open disassembler for x86-64.
struct simple_capstone {
    void *library;
    size_t handle;
    void *instruction;
    size_t mnemonic_offset;
    size_t operands_offset;
    _Bool (*disassemble)(size_t handle, const uint8_t **code, size_t *size, uint64_t *address, void *instruction);
    void (*free_instructions)(void *instruction, size_t count);
    int (*close)(size_t *handle);
};

/// How `simple_capstone_open` ended.
enum {
    SIMPLE_CAPSTONE_OK,
    /// No such library is found.
    SIMPLE_CAPSTONE_MISSING,
    /// One is found, but the loader refuses it.
    SIMPLE_CAPSTONE_UNLOADABLE,
    SIMPLE_CAPSTONE_UNKNOWN_VERSION,
    SIMPLE_CAPSTONE_FAILED
};

/// Loads the library and opens a disassembler; close it with `simple_capstone_close`. Where a library is found but not
/// loaded, `reason`, of `capacity` bytes, gets the loader's words.
static inline int simple_capstone_open(struct simple_capstone *result, char *reason, size_t capacity) {
    static const char *const names[] = {"libcapstone.so.5", "libcapstone.so.4", "libcapstone.so"};
    void *library = 0;
    reason[0] = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names && !library; i++) {
        library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
        const char *words = library ? 0 : dlerror();
        // A missing library is reported under its own name, a missing part of one under that of the part.
        int is_missing = words && strncmp(words, names[i], strlen(names[i])) == 0 && strstr(words, "No such file");
        if (words && !is_missing && !reason[0]) snprintf(reason, capacity, "%s", words);
    }
    if (!library) return reason[0] ? SIMPLE_CAPSTONE_UNLOADABLE : SIMPLE_CAPSTONE_MISSING;
    unsigned (*version)(int *, int *) = (unsigned (*)(int *, int *))dlsym(library, "cs_version");
    int (*open)(int, int, size_t *) = (int (*)(int, int, size_t *))dlsym(library, "cs_open");
    void *(*allocate)(size_t) = (void *(*)(size_t))dlsym(library, "cs_malloc");
    result->disassemble =
        (_Bool(*)(size_t, const uint8_t **, size_t *, uint64_t *, void *))dlsym(library, "cs_disasm_iter");
    result->free_instructions = (void (*)(void *, size_t))dlsym(library, "cs_free");
    result->close = (int (*)(size_t *))dlsym(library, "cs_close");
    int status = SIMPLE_CAPSTONE_UNKNOWN_VERSION;
    if (version && open && allocate && result->disassemble && result->free_instructions && result->close) {
        int major = 0, minor = 0;
        version(&major, &minor);
        // struct cs_insn: id (8 with padding), address (8), size (2), then bytes[16 or 24], mnemonic[32], operands[160].
        size_t byte_count = major == 4 ? 16 : 24;
        result->mnemonic_offset = 18 + byte_count;
        result->operands_offset = result->mnemonic_offset + 32;
        if (major == 4 || major == 5) {
            status = SIMPLE_CAPSTONE_FAILED;
            // CS_ARCH_X86, CS_MODE_64
            if (open(3, 1 << 3, &result->handle) == 0) {
                result->library = library;
                result->instruction = allocate(result->handle);
                if (result->instruction) return SIMPLE_CAPSTONE_OK;
                result->close(&result->handle);
            }
        }
    }
    dlclose(library);
    return status;
}

/// Decodes the instruction at `*code`, whose address is `*address`, and moves all three behind it; 0 if there is none.
static inline _Bool simple_capstone_next(
    const struct simple_capstone *capstone, const uint8_t **code, size_t *size, uint64_t *address) {
    return capstone->disassemble(capstone->handle, code, size, address, capstone->instruction);
}

/// The mnemonic and the operands of the instruction decoded last, NUL-terminated.
static inline const char *simple_capstone_mnemonic(const struct simple_capstone *capstone) {
    return (const char *)capstone->instruction + capstone->mnemonic_offset;
}
static inline const char *simple_capstone_operands(const struct simple_capstone *capstone) {
    return (const char *)capstone->instruction + capstone->operands_offset;
}

/// The version of the C library that this program uses.
static inline const char *simple_capstone_libc_version(void) { return gnu_get_libc_version(); }

/// Closes what `simple_capstone_open` opened, if it did.
static inline void simple_capstone_close(struct simple_capstone *capstone) {
    if (!capstone->library) return;
    capstone->free_instructions(capstone->instruction, 1);
    capstone->close(&capstone->handle);
    dlclose(capstone->library);
}
#endif
