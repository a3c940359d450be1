/*
 * clock: the one time that PID 1 goes by.
 *
 * Milliseconds since the kernel started, suspend included; it never jumps.  The
 * wall clock is of no use to an init: boards without an RTC start in 1970.
 */
#ifndef TINYINIT_CLOCK_H
#define TINYINIT_CLOCK_H

#include <stdint.h>

/* CLOCK_BOOTTIME; never 0, which stands for "no time" elsewhere. */
uint64_t clock_ms(void);

#endif
