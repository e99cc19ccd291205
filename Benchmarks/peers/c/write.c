#include <unistd.h>
/* The least that can be between the start of main and the first output: what the timer itself costs. */
int main(void) { return write(1, "Hello, Simple!\n", 15) != 15; }
