#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
/* stat FOLDER COUNT: asks for the times of m0.simple, m1.simple…, as whoever wants to know whether they changed must. */
int main(int count, char **arguments) {
  char path[4096];
  struct stat status;
  long long sum = 0;
  if (count != 3) return 2;
  for (int i = 0, n = atoi(arguments[2]); i < n; i++) {
    snprintf(path, sizeof path, "%s/m%d.simple", arguments[1], i);
    if (stat(path, &status) != 0) return 1;
    sum += status.st_size;
  }
  printf("%lld\n", sum);
  return 0;
}
