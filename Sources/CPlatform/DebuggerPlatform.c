// gdb's JIT interface (gdb manual, "JIT Compilation Interface"): a list of ELF files in memory, and a function on which
// the debugger has a breakpoint. Weak, since a process may hold several code generators, which share one list.
#define _GNU_SOURCE
#include "CPlatform.h"

enum { JIT_NOACTION, JIT_REGISTER, JIT_UNREGISTER };

struct jit_code_entry {
    struct jit_code_entry *next, *previous;
    const char *symbol_file;
    uint64_t symbol_file_size;
};

struct jit_descriptor {
    uint32_t version, action;
    struct jit_code_entry *relevant_entry, *first_entry;
};

struct own_entry {
    struct jit_code_entry entry;
    uintptr_t key;
    struct own_entry *next;
};

__attribute__((weak, visibility("default"))) struct jit_descriptor __jit_debug_descriptor = {1, 0, NULL, NULL};

__attribute__((weak, noinline, visibility("default"))) void __jit_debug_register_code(void) {
    __asm__ volatile("" ::: "memory");
}

static struct own_entry *own_entries;

int cp_debugger_add(void *bytes, size_t size, uintptr_t key) {
    struct own_entry *own = calloc(1, sizeof *own);
    if (!own) {
        free(bytes);
        return 0;
    }
    own->key = key;
    own->next = own_entries;
    own_entries = own;
    own->entry.symbol_file = bytes;
    own->entry.symbol_file_size = size;
    own->entry.next = __jit_debug_descriptor.first_entry;
    if (own->entry.next) own->entry.next->previous = &own->entry;
    __jit_debug_descriptor.first_entry = &own->entry;
    __jit_debug_descriptor.relevant_entry = &own->entry;
    __jit_debug_descriptor.action = JIT_REGISTER;
    __jit_debug_register_code();
    return 1;
}

void cp_debugger_remove(uintptr_t key) {
    for (struct own_entry **place = &own_entries; *place;) {
        struct own_entry *own = *place;
        if (own->key != key) {
            place = &own->next;
            continue;
        }
        *place = own->next;
        if (own->entry.next) own->entry.next->previous = own->entry.previous;
        if (own->entry.previous) own->entry.previous->next = own->entry.next;
        else __jit_debug_descriptor.first_entry = own->entry.next;
        __jit_debug_descriptor.relevant_entry = &own->entry;
        __jit_debug_descriptor.action = JIT_UNREGISTER;
        __jit_debug_register_code();
        free((void *)own->entry.symbol_file);
        free(own);
    }
}

int cp_create_perf_map(char *path, size_t capacity) {
    snprintf(path, capacity, "/tmp/perf-%d.map", (int)getpid());
    // Process numbers come again: the file of an earlier process goes. A link that somebody put there is not followed.
    if (unlink(path) != 0 && errno != ENOENT) return -1;
    return open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
}
