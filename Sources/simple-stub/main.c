// The runtime that standalone executables are made of: SimpleRT and this. It is an executable of its own, and not
// `simple`, which knows the cache and debuggers besides: a program that is shipped needs neither (30 KB less).

void simple_run_own_program(int count, char **arguments);

int main(int count, char **arguments) {
    simple_run_own_program(count, arguments);
    return 70;
}
