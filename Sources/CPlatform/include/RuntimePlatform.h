// What the runtime needs and Swift can't say: result pairs of the runtime's C ABI, static objects, stack
// switching, register capture, fault handling, and errno.
#ifndef RUNTIME_PLATFORM_H
#define RUNTIME_PLATFORM_H
#include <stdint.h>
#include <stddef.h>

// Results of runtime entries with two results (System V AMD64: rax and rdx, or rax and xmm0).
typedef struct { int64_t first, second; } simple_int_pair;
typedef struct { int64_t first; double second; } simple_int_double;
typedef struct { void *first, *second; } simple_ref_pair;

// A string object of up to 7 bytes outside the heap (ObjectLayout: header, byte length, character count, bytes).
typedef struct { uint64_t header; int64_t byte_length, char_count; char text[8]; } cp_static_string;
// The 128 one-character ASCII strings, then the empty string. 16-aligned.
extern const cp_static_string cp_static_strings[129];
static inline const cp_static_string *cp_static_string_at(int64_t index) { return &cp_static_strings[index]; }

// Calls function(context) on the stack whose highest address (16-aligned) is `top`.
int64_t cp_call_on_stack(int64_t (*function)(void *), void *context, void *top);

// Pushes the callee-saved registers and calls visit(context, address of the lowest pushed word): a conservative
// collector scans from there upwards.
void cp_with_registers(void (*visit)(void *context, uintptr_t stack_pointer), void *context);

// This function's caller's frame pointer.
uintptr_t cp_frame_pointer(void);

// A lock for the host's threads that use the runtime.
void cp_lock(void);
// As cp_lock, but returns 0 instead of waiting, otherwise 1.
int cp_try_lock(void);
void cp_unlock(void);

// errno, which is a macro.
int cp_errno(void);
// The process's arguments, which Embedded Swift does not offer (glibc passes them to constructors).
int cp_argument_count(void);
char **cp_argument_values(void);
// open(path, O_RDONLY | O_CLOEXEC), which is variadic.
int cp_open_read(const char *path);
// open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode), likewise.
int cp_create_new(const char *path, uint32_t mode);
// Opens standard files that the caller closed, in the wrong direction: no file opened later can take their place, and
// using them fails as it should.
void cp_reserve_standard_files(void);
// 1 if messages on stderr may have colours: it is a terminal, and neither NO_COLOR nor TERM=dumb says no.
int cp_uses_colour(void);
// Where this executable's own image is, if it is a standalone one: words that the linker fills in (SMF/EmbeddedImage).
typedef struct {
    char magic[16];
    // From this structure to the image's first byte; 0: no image.
    int64_t displacement;
    uint64_t size, span, reserved;
} cp_image_slot_words;
// The words as they are now, past the compiler's knowledge of their first values.
cp_image_slot_words cp_read_image_slot(void);
// Address of the image that the words lead to.
void *cp_embedded_image(void);
// Byte offset of that image in the executable's file; -1 if it is in no segment of its own.
int64_t cp_embedded_image_offset(void);
// 1 iff this executable's file is longer than its ELF headers say: something is appended to it.
int cp_has_appendix(void);
// What an ELF object of Simple code says of itself; Linker/ELFObject writes it.
typedef struct {
    uint64_t runtime_abi;
    uint64_t is_started;
    int64_t (*entry)(void);
    // The code, and the address that the source map gives its first byte.
    const void *code;
    uint64_t code_size, code_address;
    const void *source_map;
    uint64_t source_map_size;
    const void *strings;
    uint64_t strings_size;
    // Writable memory, with and without bytes in the object.
    void *data;
    uint64_t data_size;
    void *zeroed;
    uint64_t zeroed_size;
} cp_program;
// Highest address of the calling thread's stack.
uintptr_t cp_stack_top(void);
// Calls `function` when the process exits.
void cp_at_exit(void (*function)(void));
// Nanoseconds of the monotonic clock.
int64_t cp_monotonic_ns(void);
// Bytes of physical memory.
uint64_t cp_physical_memory(void);
// Address of a function of libm.so.6, NULL if there is none.
const void *cp_math_function(const char *name);
// memmem, a GNU extension.
const void *cp_find(const void *text, size_t text_size, const void *part, size_t part_size);
// Blocks until fd can be written.
void cp_wait_writable(int fd);

// Shows an ELF file in memory to a debugger that is attached, now or later (gdb's JIT interface). `bytes` come from
// malloc and belong to this module; `key` is for cp_debugger_remove. Returns 0 if memory is gone.
int cp_debugger_add(void *bytes, size_t size, uintptr_t key);
// Takes back the files added under `key`.
void cp_debugger_remove(uintptr_t key);
// Creates /tmp/perf-PID.map for writing, in place of an older one; -1 and errno on failure. The path goes to `path`.
int cp_create_perf_map(char *path, size_t capacity);

// Where a synchronous fault happened: signal number, faulting address, and the interrupted rip, rbp, rsp.
typedef struct { int32_t signal; uintptr_t address, pc, fp, sp; } cp_fault;
// Installs `handler` for SIGSEGV, SIGBUS, SIGFPE and SIGILL on an alternate stack, and `broken_pipe` for SIGPIPE.
void cp_install_handlers(void (*handler)(const cp_fault *), void (*broken_pipe)(int), void *stack, size_t size);

// Bits of SMF's cpu_features that this processor has (1 SSE4.2+POPCNT, 2 AVX2+BMI+FMA, 4 AVX-512).
uint32_t cp_cpu_features(void);

// Calls a runtime entry from an interpreter. `kind`: 0 results in rax and rdx, 1 in xmm0, 2 in rax and xmm0.
// Returns 1 if the entry ended the program by cp_end_call instead of returning, otherwise 0.
typedef struct { uint64_t first, second; double real; } cp_results;
int cp_call_entry(const void *address, const uint64_t *integers, const double *reals, int kind, cp_results *results);
// Leaves the innermost cp_call_entry; returns if there is none.
void cp_end_call(void);
#endif
