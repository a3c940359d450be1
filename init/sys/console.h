/*
 * console: PID 1's own lines, which nobody may hold up.
 *
 * Lines go through a ring of fixed size to a descriptor of /dev/console that
 * never blocks.  What a stopped or missing console does not take waits in the
 * ring and is tried again, at growing intervals; what does not fit there is
 * dropped and counted, and the count is printed when there is room again.
 * Early lines, from before there is a console, wait in the same way.  A console
 * that is not there is looked for again with each new line, not by the clock: a
 * board without one must not wake up for it.
 *
 * The intervals are timed rather than taken from poll(2): a tty that is
 * stopped may poll writable and take nothing, which would spin.
 */
#ifndef TINYINIT_CONSOLE_H
#define TINYINIT_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	CONSOLE_RING = 8192
};

struct console {
	int fd;      /* -1: none */
	uint32_t at; /* of the first byte that waits */
	uint32_t len;
	uint32_t dropped;  /* bytes, since the last report */
	uint32_t pause_ms; /* the length of the pause under way; 0: none */
	uint64_t due_ms;   /* when it ends */
	char ring[CONSOLE_RING];
};

void console_init(struct console *console);

/* Open /dev/console (anew); 0 or -errno. */
int console_open(struct console *console);

/* Take one line, whole or not at all, and pass on what the console takes now. */
void console_write(struct console *console, const char *line, size_t len, uint64_t now_ms);

/* Pass on what waits, as far as the console takes it. */
void console_flush(struct console *console, uint64_t now_ms);

/*
 * For a helper process: pass on what waits, pause or not, and wait until the
 * line has sent what the kernel holds, but no longer than limit_ms.  A board
 * that resets at once cuts its last words off.
 */
void console_drain(struct console *console, uint64_t limit_ms);

/* When to flush again; 0: nothing waits. */
uint64_t console_due(const struct console *console);

#endif
