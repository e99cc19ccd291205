// The C library and the few lines of C that Swift can't say, for Runtime, SMF and Loader.
#ifndef CPLATFORM_H
#define CPLATFORM_H
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "DriverPlatform.h"

// Results of runtime entries that return two values (in rax and rdx, or in rax and xmm0).
typedef struct { int64_t first; int64_t second; } simple_rt_pair_ii;
typedef struct { int64_t first; double second; } simple_rt_pair_id;
#include "RuntimePlatform.h"
#endif
