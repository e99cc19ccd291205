#define _GNU_SOURCE
#include "CTestSupport.h"
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
    if (!error) error = posix_spawn(process, path, &actions, 0, argv, environment);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

int test_unnamed_file(void) { return memfd_create("test", MFD_CLOEXEC); }
