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
#include <time.h>
#include <unistd.h>
#include "Capstone.h"
#include "DriverPlatform.h"
#include "HostPlatform.h"
#include "RuntimePlatform.h"
#include "SHA256.h"
#endif
