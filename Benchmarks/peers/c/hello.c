#include <stdio.h>
int main(void) { puts("Hello, Simple!"); return 0; }
