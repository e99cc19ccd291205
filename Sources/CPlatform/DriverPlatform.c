#define _GNU_SOURCE
#include "DriverPlatform.h"
#include <elf.h>
#include <link.h>
#include <string.h>
#include <sys/auxv.h>

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
