// System calls that the compiler's driver needs and Swift cannot name.
#ifndef DRIVERPLATFORM_H
#define DRIVERPLATFORM_H
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/// An anonymous file in memory that survives `execve`; -1 and `errno` on failure.
static inline int simple_memory_file(const char *name) { return (int)syscall(SYS_memfd_create, name, 0u); }

/// Makes malloc fit a short-lived process whose one busy thread only grows: one heap for all threads, grown in large
/// steps (address space only: pages come when touched), nothing given back. Failure leaves malloc as it was.
static inline void simple_tune_malloc(void) {
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_TOP_PAD, 64 << 20);
    mallopt(M_MMAP_THRESHOLD, 1 << 30);
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
}

/// The build id that the linker put into the running executable, and its size; NULL if there is none.
static inline const uint8_t *simple_build_id(size_t *size) {
    const Elf64_Phdr *headers = (const Elf64_Phdr *)getauxval(AT_PHDR);
    unsigned long count = getauxval(AT_PHNUM);
    const uint8_t *base = 0;
    *size = 0;
    if (!headers) return 0;
    for (unsigned long i = 0; i < count; i++)
        if (headers[i].p_type == PT_PHDR) base = (const uint8_t *)headers - headers[i].p_vaddr;
    if (!base) return 0;
    for (unsigned long i = 0; i < count; i++) {
        if (headers[i].p_type != PT_NOTE) continue;
        const uint8_t *note = base + headers[i].p_vaddr, *end = note + headers[i].p_memsz;
        while (end - note >= 12) {
            const Elf64_Nhdr *header = (const Elf64_Nhdr *)note;
            const uint8_t *name = note + 12, *contents = name + ((header->n_namesz + 3) & ~3u);
            if (contents > end || header->n_descsz > (size_t)(end - contents)) break;
            if (header->n_type == NT_GNU_BUILD_ID && header->n_namesz == 4 && !__builtin_memcmp(name, "GNU", 4)) {
                *size = header->n_descsz;
                return contents;
            }
            note = contents + ((header->n_descsz + 3) & ~3u);
        }
    }
    return 0;
}

/// What `pthread_create` starts; returns NULL.
typedef void *(*simple_thread_body)(void *);

/// Runs `body(argument)` on a thread with a stack of `stack_size` bytes and waits for its end. Returns 0 or an errno value.
static inline int simple_run_on_large_stack(size_t stack_size, simple_thread_body body, void *argument) {
    pthread_attr_t attributes;
    pthread_t thread;
    int error = pthread_attr_init(&attributes);
    if (error) return error;
    error = pthread_attr_setstacksize(&attributes, stack_size);
    if (!error) error = pthread_create(&thread, &attributes, body, argument);
    pthread_attr_destroy(&attributes);
    if (error) return error;
    return pthread_join(thread, NULL);
}

/// Installs `handler` for `signal_number`, on the alternate stack, once.
static inline int simple_catch_fatal_signal(int signal_number, void (*handler)(int)) {
    struct sigaction action;
    __builtin_memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    action.sa_flags = SA_ONSTACK | SA_RESETHAND | SA_NODEFER;
    return sigaction(signal_number, &action, 0);
}
#endif
