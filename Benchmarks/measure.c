/* measure OUT ERR: runs commands, one for each line of its standard input (arguments with tabs between them), and answers
 *   wall_us first_us cpu_us peak_kib status
 * first_us: from just before fork to the first byte on the command's standard output (-1: none came). The outputs of the
 * last command are in the files OUT and ERR. A command is killed after two minutes.
 * A small process forks, so that the memory of the harness does not show in the child's peak, nor its size in the time. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { max_arguments = 4096, patience_seconds = 120 };

static void fail(const char *what) {
  fprintf(stderr, "measure: %s: %s\n", what, strerror(errno));
  exit(2);
}

static double now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e6 + t.tv_nsec * 1e-3;
}

static void run(char **arguments, const char *out_path, const char *err_path) {
  static char buffer[16384];
  int out = open(out_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  int err = open(err_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  int ends[2];
  if (out < 0 || err < 0 || null < 0 || pipe(ends) != 0) fail("cannot open outputs");
  double start = now_us(), first = -1;
  pid_t child = fork();
  if (child < 0) fail("fork");
  if (child == 0) {
    dup2(null, 0);
    dup2(ends[1], 1);
    dup2(err, 2);
    close(ends[0]);
    close(ends[1]);
    alarm(patience_seconds);
    execvp(arguments[0], arguments);
    fprintf(stderr, "%s: %s\n", arguments[0], strerror(errno));
    _exit(127);
  }
  close(ends[1]);
  ssize_t got;
  while ((got = read(ends[0], buffer, sizeof buffer)) > 0) {
    if (first < 0) first = now_us() - start;
    if (write(out, buffer, got) != got) fail(out_path);
  }
  int status;
  struct rusage use;
  if (wait4(child, &status, 0, &use) < 0) fail("wait4");
  double wall = now_us() - start;
  close(ends[0]);
  close(out);
  close(err);
  close(null);
  double cpu = (use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1e6 + use.ru_utime.tv_usec + use.ru_stime.tv_usec;
  printf("%.1f %.1f %.0f %ld %d\n", wall, first, cpu, use.ru_maxrss,
         WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
  fflush(stdout);
}

int main(int count, char **paths) {
  if (count != 3) {
    fprintf(stderr, "usage: measure OUT ERR < COMMANDS\n");
    return 2;
  }
  static char *arguments[max_arguments + 1];
  char *line = NULL;
  size_t room = 0;
  ssize_t length;
  while ((length = getline(&line, &room, stdin)) > 0) {
    line[length - 1] = 0;
    int n = 0;
    for (char *rest = line, *one; n < max_arguments && (one = strsep(&rest, "\t"));) arguments[n++] = one;
    arguments[n] = NULL;
    run(arguments, paths[1], paths[2]);
  }
  return 0;
}
