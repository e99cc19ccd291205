#define _GNU_SOURCE
#include "CPlatform.h"
#include "HostPlatform.h"
#include <pthread.h>
#include <sys/syscall.h>
#include <ucontext.h>

// Touched only by the thread that holds the runtime.
__attribute__((used, visibility("hidden"))) cp_host_call *cp_current_host_call;

// rdi call. The saved registers lie at fixed distances from rbp, so that cp_return_to_host finds them.
__asm__(
    ".text\n.p2align 4\n.globl cp_call_from_host\n.type cp_call_from_host,@function\n"
    "cp_call_from_host:\n"
    "  .cfi_startproc\n"
    "  pushq %rbp\n  .cfi_def_cfa_offset 16\n  .cfi_offset %rbp, -16\n"
    "  movq %rsp, %rbp\n  .cfi_def_cfa_register %rbp\n"
    "  pushq %rbx\n  pushq %r12\n  pushq %r13\n  pushq %r14\n  pushq %r15\n  pushq %rdi\n"
    "  movq cp_current_host_call(%rip), %rax\n  movq %rax, 184(%rdi)\n"
    "  movq %rsp, 176(%rdi)\n  movq %rdi, cp_current_host_call(%rip)\n"
    "  movq %rdi, %r10\n  movq 120(%r10), %rsi\n  movq 128(%r10), %rcx\n"
    "  testq $1, %rcx\n  jz 1f\n  subq $8, %rsp\n"
    "1:\n  testq %rcx, %rcx\n  jz 2f\n  decq %rcx\n  pushq (%rsi,%rcx,8)\n  jmp 1b\n"
    "2:\n"
    "  movsd 56(%r10), %xmm0\n  movsd 64(%r10), %xmm1\n  movsd 72(%r10), %xmm2\n  movsd 80(%r10), %xmm3\n"
    "  movsd 88(%r10), %xmm4\n  movsd 96(%r10), %xmm5\n  movsd 104(%r10), %xmm6\n  movsd 112(%r10), %xmm7\n"
    "  movq 8(%r10), %rdi\n  movq 16(%r10), %rsi\n  movq 24(%r10), %rdx\n  movq 32(%r10), %rcx\n"
    "  movq 40(%r10), %r8\n  movq 48(%r10), %r9\n"
    "  callq *(%r10)\n"
    "  movq -48(%rbp), %r10\n"
    "  movq %rax, 136(%r10)\n  movq %rdx, 144(%r10)\n  movq %rcx, 152(%r10)\n"
    "  movsd %xmm0, 160(%r10)\n  movsd %xmm1, 168(%r10)\n"
    "  xorl %eax, %eax\n"
    "cp_leave_host_call:\n"
    "  movq 184(%r10), %rcx\n  movq %rcx, cp_current_host_call(%rip)\n"
    "  movq -8(%rbp), %rbx\n  movq -16(%rbp), %r12\n  movq -24(%rbp), %r13\n  movq -32(%rbp), %r14\n"
    "  movq -40(%rbp), %r15\n"
    "  leave\n  .cfi_def_cfa %rsp, 8\n  retq\n"
    "  .cfi_endproc\n"
    ".size cp_call_from_host,.-cp_call_from_host\n"
    ".p2align 4\n.globl cp_return_to_host\n.type cp_return_to_host,@function\n"
    "cp_return_to_host:\n"
    "  movq cp_current_host_call(%rip), %r10\n"
    "  testq %r10, %r10\n  jz 1f\n"
    "  movq 176(%r10), %rsp\n  leaq 48(%rsp), %rbp\n  movl $1, %eax\n"
    "  jmp cp_leave_host_call\n"
    "1:\n  retq\n"
    ".size cp_return_to_host,.-cp_return_to_host\n");

int cp_is_in_host_call(void) { return cp_current_host_call != NULL; }

// The thread inside, and how often it entered. Read by others only to compare with themselves.
static _Atomic(uint64_t) owner;
static int depth;

// No thread-local variables: they would make every executable that links this file need ld-linux by name.
static uint64_t this_thread(void) { return (uint64_t)pthread_self(); }

int cp_enter_runtime(void) {
    if (owner == this_thread()) return depth++;
    cp_lock();
    owner = this_thread();
    depth = 1;
    return 0;
}

int cp_try_enter_runtime(void) {
    if (owner == this_thread()) return depth++;
    if (!cp_try_lock()) return -1;
    owner = this_thread();
    depth = 1;
    return 0;
}

void cp_leave_runtime(void) {
    if (--depth > 0) return;
    owner = 0;
    cp_unlock();
}

static int (*host_fault_handler)(const cp_fault *);
static struct sigaction previous_segv, previous_bus;

static void on_host_fault(int signal, siginfo_t *info, void *context) {
    if (cp_current_host_call && owner == this_thread()) {
        ucontext_t *c = context;
        cp_fault fault = {
            signal, (uintptr_t)info->si_addr, (uintptr_t)c->uc_mcontext.gregs[REG_RIP],
            (uintptr_t)c->uc_mcontext.gregs[REG_RBP], (uintptr_t)c->uc_mcontext.gregs[REG_RSP]};
        if (host_fault_handler(&fault)) return;
    }
    const struct sigaction *previous = signal == SIGBUS ? &previous_bus : &previous_segv;
    if (previous->sa_flags & SA_SIGINFO) {
        previous->sa_sigaction(signal, info, context);
    } else if (previous->sa_handler == SIG_DFL || previous->sa_handler == SIG_IGN) {
        // The fault happens again and has its default effect.
        sigaction(signal, previous, NULL);
    } else {
        previous->sa_handler(signal);
    }
}

int cp_install_host_fault_handler(int (*handler)(const cp_fault *)) {
    host_fault_handler = handler;
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_host_fault;
    // The handler may leave by cp_return_to_host, after which the signal must not stay blocked.
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    if (sigaction(SIGSEGV, &action, &previous_segv) != 0) return errno;
    if (sigaction(SIGBUS, &action, &previous_bus) != 0) return errno;
    return 0;
}

// A return address that was changed leads here: rbp is the frame of the function returned to.
__asm__(
    ".text\n.p2align 4\n"
    "cp_overflow_landed:\n"
    "  movq %rbp, %rdi\n  andq $-16, %rsp\n  callq *cp_overflow_handler(%rip)\n  ud2\n");
extern const char cp_overflow_landed[] __attribute__((visibility("hidden")));
__attribute__((used, visibility("hidden"))) void (*cp_overflow_handler)(uintptr_t frame);
const void *cp_overflow_landing(void (*landed)(uintptr_t frame)) {
    cp_overflow_handler = landed;
    return cp_overflow_landed;
}

enum { signal_stack_size = 64 << 10 };
static pthread_key_t signal_stack_key;
static pthread_once_t signal_stack_once = PTHREAD_ONCE_INIT;
// What the key holds in threads that brought a stack of their own.
static char foreign_signal_stack;

static void free_signal_stack(void *memory) {
    if (memory == &foreign_signal_stack) return;
    stack_t none = {.ss_sp = NULL, .ss_flags = SS_DISABLE, .ss_size = 0};
    sigaltstack(&none, NULL);
    munmap(memory, signal_stack_size);
}
static void make_signal_stack_key(void) { pthread_key_create(&signal_stack_key, free_signal_stack); }

void cp_prepare_signal_stack(void) {
    pthread_once(&signal_stack_once, make_signal_stack_key);
    if (pthread_getspecific(signal_stack_key)) return;
    stack_t known;
    if (sigaltstack(NULL, &known) == 0 && !(known.ss_flags & SS_DISABLE) && known.ss_size >= 16 << 10) {
        pthread_setspecific(signal_stack_key, &foreign_signal_stack);
        return;
    }
    void *memory = mmap(NULL, signal_stack_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return;
    stack_t stack = {.ss_sp = memory, .ss_flags = 0, .ss_size = signal_stack_size};
    if (sigaltstack(&stack, NULL) != 0) {
        munmap(memory, signal_stack_size);
        return;
    }
    pthread_setspecific(signal_stack_key, memory);
}

int cp_sealed_file(const void *bytes, size_t size) {
    int file = (int)syscall(SYS_memfd_create, "simple-module", 3u /* MFD_CLOEXEC | MFD_ALLOW_SEALING */);
    if (file < 0) return -1;
    size_t done = 0;
    while (done < size) {
        ssize_t n = write(file, (const char *)bytes + done, size - done);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) {
            int error = n < 0 ? errno : EIO;
            close(file);
            errno = error;
            return -1;
        }
        done += (size_t)n;
    }
    // F_ADD_SEALS: no shrinking, growing or writing. Where sealing is not supported, nobody else has the descriptor.
    fcntl(file, 1033, 0x2 | 0x4 | 0x8);
    return file;
}

// Thunk i puts its number into r11 and goes on here: all argument registers into a cp_host_call, then the handler.
__asm__(
    ".text\n.p2align 4\n"
    "cp_thunk_common:\n"
    "  .cfi_startproc\n"
    "  pushq %rbp\n  .cfi_def_cfa_offset 16\n  .cfi_offset %rbp, -16\n"
    "  movq %rsp, %rbp\n  .cfi_def_cfa_register %rbp\n"
    "  subq $192, %rsp\n"
    "  movq $0, (%rsp)\n"
    "  movq %rdi, 8(%rsp)\n  movq %rsi, 16(%rsp)\n  movq %rdx, 24(%rsp)\n  movq %rcx, 32(%rsp)\n"
    "  movq %r8, 40(%rsp)\n  movq %r9, 48(%rsp)\n"
    "  movsd %xmm0, 56(%rsp)\n  movsd %xmm1, 64(%rsp)\n  movsd %xmm2, 72(%rsp)\n  movsd %xmm3, 80(%rsp)\n"
    "  movsd %xmm4, 88(%rsp)\n  movsd %xmm5, 96(%rsp)\n  movsd %xmm6, 104(%rsp)\n  movsd %xmm7, 112(%rsp)\n"
    "  leaq 16(%rbp), %rax\n  movq %rax, 120(%rsp)\n  movq $0, 128(%rsp)\n"
    "  movl %r11d, %edi\n  movq %rsp, %rsi\n"
    "  callq *cp_thunk_handler(%rip)\n"
    "  movq 136(%rsp), %rax\n  movq 144(%rsp), %rdx\n  movq 152(%rsp), %rcx\n"
    "  movsd 160(%rsp), %xmm0\n  movsd 168(%rsp), %xmm1\n"
    "  leave\n  .cfi_def_cfa %rsp, 8\n  retq\n"
    "  .cfi_endproc\n"
    ".p2align 4\n"
    "cp_thunks:\n"
    ".set i, 0\n.rept 4096\n"
    // movl $i, %r11d; jmp cp_thunk_common, always 6 + 5 bytes, padded to 16.
    "  .byte 0x41, 0xBB\n  .long i\n  .byte 0xE9\n  .long cp_thunk_common - . - 4\n  .p2align 4\n"
    ".set i, i + 1\n.endr\n");

extern const char cp_thunks[] __attribute__((visibility("hidden")));
__attribute__((used, visibility("hidden"))) void (*cp_thunk_handler)(int index, cp_host_call *call);

const void *cp_thunk(int index) { return cp_thunks + index * 16; }
void cp_set_thunk_handler(void (*handler)(int index, cp_host_call *call)) { cp_thunk_handler = handler; }
