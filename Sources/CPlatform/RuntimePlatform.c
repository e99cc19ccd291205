#define _GNU_SOURCE
#include "CPlatform.h"
#include <cpuid.h>
#include <dlfcn.h>
#include <elf.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <ucontext.h>

#define S1(c) {1, 1, 1, {(char)(c)}}
#define S8(c) S1(c), S1(c + 1), S1(c + 2), S1(c + 3), S1(c + 4), S1(c + 5), S1(c + 6), S1(c + 7)
#define S32(c) S8(c), S8(c + 8), S8(c + 16), S8(c + 24)
__attribute__((aligned(16))) const cp_static_string cp_static_strings[129] = {
    S32(0), S32(32), S32(64), S32(96), {1, 0, 0, {0}}};

// rdi function, rsi context, rdx top.
__asm__(
    ".text\n.p2align 4\n.globl cp_call_on_stack\n.type cp_call_on_stack,@function\n"
    "cp_call_on_stack:\n"
    "  pushq %rbp\n  movq %rsp, %rbp\n"
    "  movq %rdi, %rax\n  movq %rsi, %rdi\n  movq %rdx, %rsp\n"
    "  callq *%rax\n"
    "  movq %rbp, %rsp\n  popq %rbp\n  retq\n"
    ".size cp_call_on_stack,.-cp_call_on_stack\n");

// rdi visit, rsi context.
__asm__(
    ".text\n.p2align 4\n.globl cp_with_registers\n.type cp_with_registers,@function\n"
    "cp_with_registers:\n"
    "  pushq %rbp\n  movq %rsp, %rbp\n"
    "  pushq %rbx\n  pushq %r12\n  pushq %r13\n  pushq %r14\n  pushq %r15\n  pushq %rbp\n"
    "  movq %rdi, %rax\n  movq %rsi, %rdi\n  movq %rsp, %rsi\n"
    "  callq *%rax\n"
    "  movq -8(%rbp), %rbx\n  movq -16(%rbp), %r12\n  movq -24(%rbp), %r13\n  movq -32(%rbp), %r14\n"
    "  movq -40(%rbp), %r15\n  movq %rbp, %rsp\n  popq %rbp\n  retq\n"
    ".size cp_with_registers,.-cp_with_registers\n");

// A leaf without a frame: rbp is the caller's.
__asm__(
    ".text\n.p2align 4\n.globl cp_frame_pointer\n.type cp_frame_pointer,@function\n"
    "cp_frame_pointer:\n  movq %rbp, %rax\n  retq\n"
    ".size cp_frame_pointer,.-cp_frame_pointer\n"
    ".section .note.GNU-stack,\"\",@progbits\n.text\n");

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void cp_lock(void) { pthread_mutex_lock(&lock); }
int cp_try_lock(void) { return pthread_mutex_trylock(&lock) == 0; }
void cp_unlock(void) { pthread_mutex_unlock(&lock); }

static int argument_count;
static char **argument_values;

__attribute__((constructor)) static void keep_arguments(int count, char **values) {
    argument_count = count;
    argument_values = values;
}

int cp_argument_count(void) { return argument_count; }
char **cp_argument_values(void) { return argument_values; }

int cp_errno(void) { return errno; }

void cp_reserve_standard_files(void) {
    for (int file = 0; file <= 2; file++)
        if (fcntl(file, F_GETFD) == -1 && errno == EBADF) open("/dev/null", file == 0 ? O_WRONLY : O_RDONLY);
}
int cp_open_read(const char *path) { return open(path, O_RDONLY | O_CLOEXEC); }
int cp_create_new(const char *path, uint32_t mode) { return open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode); }

int cp_uses_colour(void) {
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    return !(no_color && *no_color) && !(term && strcmp(term, "dumb") == 0) && isatty(2);
}

// In a section of its own, so that the linker of standalone executables finds it.
__attribute__((section(".smf_slot"), used, aligned(16))) static const volatile cp_image_slot_words image_slot = {
    {'S', 'M', 'F', ' ', 'i', 'm', 'a', 'g', 'e', ' ', 's', 'l', 'o', 't', ' ', '1'}, 0, 0, 0, 0};

cp_image_slot_words cp_read_image_slot(void) { return image_slot; }
void *cp_embedded_image(void) { return (char *)&image_slot + image_slot.displacement; }

extern const Elf64_Ehdr __ehdr_start __attribute__((weak, visibility("hidden")));

int64_t cp_embedded_image_offset(void) {
    if (!&__ehdr_start) return -1;
    const char *start = (const char *)&__ehdr_start;
    const Elf64_Phdr *headers = (const Elf64_Phdr *)(start + __ehdr_start.e_phoff);
    uint64_t address = (uint64_t)((const char *)cp_embedded_image() - start);
    for (int i = 0; i < __ehdr_start.e_phnum; i++)
        if (headers[i].p_type == PT_LOAD && headers[i].p_vaddr == address && headers[i].p_filesz > 0)
            return (int64_t)headers[i].p_offset;
    return -1;
}

int cp_has_appendix(void) {
    struct stat status;
    if (!&__ehdr_start || stat("/proc/self/exe", &status) != 0) return 0;
    // Every tool writes the section headers last. If one does not, its files are looked at more closely, no more.
    uint64_t end = __ehdr_start.e_shoff + (uint64_t)__ehdr_start.e_shnum * sizeof(Elf64_Shdr);
    return (uint64_t)status.st_size > end;
}

const void *cp_math_function(const char *name) {
    static void *library;
    if (!library) library = dlopen("libm.so.6", RTLD_NOW | RTLD_LOCAL);
    return library ? dlsym(library, name) : NULL;
}

const void *cp_find(const void *text, size_t text_size, const void *part, size_t part_size) {
    return memmem(text, text_size, part, part_size);
}

int64_t cp_monotonic_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

uint64_t cp_physical_memory(void) {
    struct sysinfo info;
    if (sysinfo(&info) != 0) return (uint64_t)1 << 32;
    return (uint64_t)info.totalram * info.mem_unit;
}

void cp_wait_writable(int fd) {
    struct pollfd p = {fd, POLLOUT, 0};
    poll(&p, 1, -1);
}

uintptr_t cp_stack_top(void) {
    pthread_attr_t attributes;
    void *start = NULL;
    size_t size = 0;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0) return (uintptr_t)__builtin_frame_address(0);
    pthread_attr_getstack(&attributes, &start, &size);
    pthread_attr_destroy(&attributes);
    return (uintptr_t)start + size;
}

void cp_at_exit(void (*function)(void)) { atexit(function); }

static void (*fault_handler)(const cp_fault *);

static void on_fault(int signal, siginfo_t *info, void *context) {
    ucontext_t *c = context;
    cp_fault fault = {
        signal, (uintptr_t)info->si_addr, (uintptr_t)c->uc_mcontext.gregs[REG_RIP],
        (uintptr_t)c->uc_mcontext.gregs[REG_RBP], (uintptr_t)c->uc_mcontext.gregs[REG_RSP]};
    fault_handler(&fault);
}

void cp_install_handlers(void (*handler)(const cp_fault *), void (*broken_pipe)(int), void *stack, size_t size) {
    fault_handler = handler;
    stack_t alternate = {.ss_sp = stack, .ss_flags = 0, .ss_size = size};
    sigaltstack(&alternate, NULL);
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_fault;
    // SA_NODEFER is absent on purpose: a fault inside the handler must end the process.
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    sigaction(SIGFPE, &action, NULL);
    sigaction(SIGILL, &action, NULL);
    memset(&action, 0, sizeof action);
    action.sa_handler = broken_pipe;
    action.sa_flags = SA_ONSTACK;
    sigaction(SIGPIPE, &action, NULL);
}

// By hand: __builtin_cpu_supports brings 4.5 KB of libgcc's knowledge of all processors into every executable.
uint32_t cp_cpu_features(void) {
    uint32_t a, b, c, d, extended_b = 0, features = 0;
    if (!__get_cpuid(1, &a, &b, &c, &d)) return 0;
    uint32_t base_c = c;
    if (__get_cpuid_max(0, NULL) >= 7) __cpuid_count(7, 0, a, extended_b, c, d);
    if (base_c & bit_SSE4_2 && base_c & bit_POPCNT) features |= 1;
    // The system must save the wide registers, too: XCR0 bits 1–2 for YMM, 5–7 for ZMM and masks.
    uint32_t saved = 0;
    if (base_c & bit_OSXSAVE) __asm__("xgetbv" : "=a"(saved), "=d"(d) : "c"(0));
    if ((saved & 6) == 6 && base_c & bit_AVX && base_c & bit_FMA && extended_b & bit_AVX2 && extended_b & bit_BMI
        && extended_b & bit_BMI2)
        features |= 2;
    if ((saved & 0xE6) == 0xE6 && extended_b & bit_AVX512F && extended_b & bit_AVX512VL && extended_b & bit_AVX512BW
        && extended_b & bit_AVX512DQ)
        features |= 4;
    return features;
}

// One call at a time: the host serialises its uses of the runtime.
static jmp_buf *current_call;

typedef struct { uint64_t a, b; } pair_result;
typedef struct { uint64_t a; double b; } mixed_result;
#define PARAMETERS \
    uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, double, double
#define ARGUMENTS i[0], i[1], i[2], i[3], i[4], i[5], r[0], r[1]

int cp_call_entry(const void *address, const uint64_t *i, const double *r, int kind, cp_results *results) {
    jmp_buf here;
    jmp_buf *volatile outer = current_call;
    if (_setjmp(here)) {
        current_call = outer;
        return 1;
    }
    current_call = &here;
    if (kind == 1) {
        results->real = ((double (*)(PARAMETERS))address)(ARGUMENTS);
    } else if (kind == 2) {
        mixed_result m = ((mixed_result (*)(PARAMETERS))address)(ARGUMENTS);
        results->first = m.a;
        results->real = m.b;
    } else {
        pair_result p = ((pair_result (*)(PARAMETERS))address)(ARGUMENTS);
        results->first = p.a;
        results->second = p.b;
    }
    current_call = outer;
    return 0;
}

void cp_end_call(void) {
    if (current_call) _longjmp(*current_call, 1);
}
