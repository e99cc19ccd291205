// System calls that the compiler's driver needs and Swift cannot name.
#ifndef DRIVERPLATFORM_H
#define DRIVERPLATFORM_H
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stddef.h>
#include <signal.h>
#include <stdint.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/// An anonymous file in memory that survives `execve`; -1 and `errno` on failure.
static inline int simple_memory_file(const char *name) { return (int)syscall(SYS_memfd_create, name, 0u); }

/// Copies the linker's build id of the running executable, at most `capacity` bytes; returns its size, 0 if it has none.
size_t simple_build_id(unsigned char *id, size_t capacity);

/// Takes the advisory lock of an open file for this process without waiting; 0, or -1 and `errno`.
static inline int simple_try_lock(int descriptor) { return flock(descriptor, LOCK_EX | LOCK_NB); }

/// Opens a file to be locked, made if missing; -1 and `errno` on failure.
static inline int simple_open_lock(const char *path) { return open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600); }

/// Goes on in a process of its own that nobody waits for and that holds none of the caller's standard files.
void simple_detach(void);

/// Starts a program and waits for its end; 0 or an errno value.
int simple_spawn_and_wait(const char *path, char *const arguments[]);

/// Opens a file to append lines to; -1 and `errno` on failure.
static inline int simple_open_log(const char *path) {
    return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

/// Opens a file for reading that stays open over `execve`; -1 and `errno` on failure.
static inline int simple_open_inherited(const char *path) { return open(path, O_RDONLY); }

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
