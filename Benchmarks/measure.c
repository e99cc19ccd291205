/* measure OUT CMD ARGS...: runs CMD once with its standard output into the file OUT, and prints
 *   wall_us first_us cpu_us peak_kib status
 * first_us: from just before fork to the first byte on its standard output (-1: none came).
 * A small process forks, so that the parent's own memory does not show in the child's peak. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e6 + t.tv_nsec * 1e-3;
}

int main(int argc, char **argv) {
  if (argc < 3) { fprintf(stderr, "usage: measure OUT CMD ARGS...\n"); return 2; }
  int out = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC, 0644);
  int ends[2];
  if (out < 0 || pipe(ends) != 0) { perror("measure"); return 2; }
  double start = now_us(), first = -1;
  pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], 1);
    close(ends[0]); close(ends[1]); close(out);
    execvp(argv[2], argv + 2);
    perror(argv[2]);
    _exit(127);
  }
  close(ends[1]);
  static char buffer[65536];
  ssize_t got;
  while ((got = read(ends[0], buffer, sizeof buffer)) > 0) {
    if (first < 0) first = now_us() - start;
    if (write(out, buffer, got) != got) { perror("measure"); return 2; }
  }
  int status;
  struct rusage use;
  if (wait4(child, &status, 0, &use) < 0) { perror("measure"); return 2; }
  double wall = now_us() - start;
  double cpu = (use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1e6 + use.ru_utime.tv_usec + use.ru_stime.tv_usec;
  printf("%.1f %.1f %.0f %ld %d\n", wall, first, cpu, use.ru_maxrss,
         WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
  return 0;
}
