/*
 * power: the last things that a board is told.
 */
#ifndef TINYINIT_POWER_H
#define TINYINIT_POWER_H

#include <stdbool.h>

enum power_cmd {
	POWER_CMD_REBOOT,
	POWER_CMD_HALT,
	POWER_CMD_OFF,
};

/* Send TERM (and CONT, for those that are stopped) or KILL to every process. */
void power_signal_all(bool kill_them);

/*
 * reboot(2).  Returns -errno if it fails, and 0 after a halt.  It does not sync.
 */
int power_reboot(enum power_cmd cmd);

/*
 * By SysRq, which needs no cooperation of a file system or device: sync, all
 * read-only (both asynchronous).  Only for the machine's own PID 1.
 */
void power_emergency_sync(void);

/*
 * By SysRq: reset or power off at once, where reboot(2) did not.  A halt is left as
 * it is: its file systems are at rest, and the board stands.
 */
void power_emergency_reset(enum power_cmd cmd);

#endif
