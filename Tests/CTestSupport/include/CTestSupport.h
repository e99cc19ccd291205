// System calls for tests that Swift's Glibc module does not show.
#ifndef CTESTSUPPORT_H
#define CTESTSUPPORT_H
#include <sys/types.h>

/// Starts `path` in `directory` with its standard streams on the given descriptors. Returns 0 or an errno value.
int test_spawn(
    pid_t *process, const char *path, const char *directory, int input, int output, int errors, char *const argv[],
    char *const environment[]);

/// An open file without a name, closed in started processes; -1 on failure.
int test_unnamed_file(void);

/// Bytes of the C heap that are in use.
size_t test_heap_in_use(void);
#endif
