#define _GNU_SOURCE
#include "DriverPlatform.h"
#include <elf.h>
#include <link.h>
#include <spawn.h>
#include <string.h>
#include <stdlib.h>
#include <sys/wait.h>

// The first object that dl_iterate_phdr visits is the executable.
typedef struct { unsigned char *id; size_t capacity, size; } build_id_request;

static int find_build_id(struct dl_phdr_info *info, size_t size, void *context) {
    build_id_request *request = context;
    (void)size;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        if (header->p_type != PT_NOTE) continue;
        const char *note = (const char *)(info->dlpi_addr + header->p_vaddr), *end = note + header->p_memsz;
        while (end - note >= (long)sizeof(ElfW(Nhdr))) {
            const ElfW(Nhdr) *n = (const ElfW(Nhdr) *)note;
            size_t name = (n->n_namesz + 3u) & ~3u, value = (n->n_descsz + 3u) & ~3u;
            const char *text = note + sizeof *n;
            if ((size_t)(end - text) < name + value) break;
            if (n->n_type == NT_GNU_BUILD_ID && n->n_namesz == 4 && memcmp(text, "GNU", 4) == 0) {
                request->size = n->n_descsz < request->capacity ? n->n_descsz : request->capacity;
                memcpy(request->id, text + name, request->size);
                return 1;
            }
            note = text + name + value;
        }
    }
    return 1;
}

size_t simple_build_id(unsigned char *id, size_t capacity) {
    build_id_request request = {id, capacity, 0};
    dl_iterate_phdr(find_build_id, &request);
    return request.size;
}

void simple_detach(void) {
    if (fork() > 0) _exit(0);
    setsid();
    int null = open("/dev/null", O_RDWR);
    if (null < 0) return;
    for (int file = 0; file <= 2; file++) dup2(null, file);
    if (null > 2) close(null);
}

int simple_spawn_and_wait(const char *path, char *const arguments[]) {
    extern char **environ;
    pid_t process;
    int status, error = posix_spawn(&process, path, NULL, NULL, arguments, environ);
    if (error) return error;
    while (waitpid(process, &status, 0) < 0)
        if (errno != EINTR) return errno;
    return 0;
}
