#define _GNU_SOURCE
#include "CTestSupport.h"
#include <malloc.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>

int test_spawn(
    pid_t *process, const char *path, const char *directory, int input, int output, int errors, char *const argv[],
    char *const environment[]) {
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);
    if (error) return error;
    error = posix_spawn_file_actions_adddup2(&actions, input, 0);
    if (!error) error = posix_spawn_file_actions_adddup2(&actions, output, 1);
    if (!error) error = posix_spawn_file_actions_adddup2(&actions, errors, 2);
    if (!error) error = posix_spawn_file_actions_addchdir_np(&actions, directory);
    // Threads that run tests may block signals, and gdb and shells wait for SIGCHLD.
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    if (!error) error = posix_spawn(process, path, &actions, &attributes, argv, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

int test_unnamed_file(void) { return memfd_create("test", MFD_CLOEXEC); }

size_t test_heap_in_use(void) {
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}
