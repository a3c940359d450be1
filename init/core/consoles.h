/*
 * consoles: on which terminals a login belongs.
 *
 * The kernel's list of active consoles (/sys/class/tty/console/active) as a
 * table.  It refuses names that are no plain device names, doubles, and more
 * than the table holds.
 */
#ifndef TINYINIT_CONSOLES_H
#define TINYINIT_CONSOLES_H

#include <stdint.h>

enum {
	CONSOLES_CAP = 8,
	CONSOLES_NAME = 24, /* bytes of a name with its terminator */
};

struct consoles {
	uint32_t n;
	char name[CONSOLES_CAP][CONSOLES_NAME]; /* below /dev */
};

/*
 * Read the blank-separated list; an empty one gives the one entry "console".
 * "tty0" means whichever virtual terminal is in front; the login goes to tty1.
 */
void consoles_parse(struct consoles *consoles, const char *list);

#endif
