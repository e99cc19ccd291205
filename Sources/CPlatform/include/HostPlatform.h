// Calling compiled code from a host program: calls that a panic or exit can leave, the stack they run on, the lock
// around the runtime, and stack overflow. Nothing here is linked into `simple`.
#ifndef HOST_PLATFORM_H
#define HOST_PLATFORM_H
#include "RuntimePlatform.h"
#include <stdint.h>
#include <stddef.h>

// A call of compiled code. The offsets are known to the assembly in HostPlatform.c.
typedef struct cp_host_call {
    const void *function;         // 0
    uint64_t integers[6];         // 8: rdi, rsi, rdx, rcx, r8, r9
    double reals[8];              // 56: xmm0-7
    const uint64_t *stack;        // 120: further arguments, in order
    uint64_t stack_count;         // 128
    uint64_t integer_results[3];  // 136: rax, rdx, rcx
    double real_results[2];       // 160: xmm0, xmm1
    void *saved_stack_pointer;    // 176
    struct cp_host_call *outer;   // 184
} cp_host_call;

// Makes the call on the current stack. Returns 0 if the function returned, 1 if cp_return_to_host ended it.
int cp_call_from_host(cp_host_call *call);
// Leaves the innermost cp_call_from_host, whose frames above it are forgotten; returns if there is none.
void cp_return_to_host(void);
// Whether a call is in progress.
int cp_is_in_host_call(void);

// Makes the calling thread the one that uses the runtime, waiting for others. Returns how often it was that already.
// Excludes users of cp_lock, too.
int cp_enter_runtime(void);
// As cp_enter_runtime, but returns -1 instead of waiting.
int cp_try_enter_runtime(void);
void cp_leave_runtime(void);

// Installs `handler` for SIGSEGV and SIGBUS of threads inside cp_call_from_host, before the handlers that are there,
// which get all other faults and those for which `handler` returns 0; after another result the interrupted instruction
// is tried again. Returns 0 or an errno value.
int cp_install_host_fault_handler(int (*handler)(const cp_fault *));
// Address of code to which a return address can be changed: it calls landed(frame pointer), which does not return.
const void *cp_overflow_landing(void (*landed)(uintptr_t frame));
// Gives the calling thread a stack for signal handlers if it has none. Freed when the thread ends.
void cp_prepare_signal_stack(void);

// A file in memory that nobody can change any more; -1 and errno on failure.
int cp_sealed_file(const void *bytes, size_t size);

// Function pointers for hosts: number `index` calls handler(index, call) with a call that has all argument registers in
// it and, in `stack`, the address of its stack arguments, and returns what the handler leaves in the results.
enum { cp_thunk_count = 4096 };
const void *cp_thunk(int index);
void cp_set_thunk_handler(void (*handler)(int index, cp_host_call *call));
#endif
