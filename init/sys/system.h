/*
 * system: what kind of place this is, and its name.
 */
#ifndef TINYINIT_SYSTEM_H
#define TINYINIT_SYSTEM_H

#include <stdbool.h>

/*
 * Is this the machine's own PID 1, and not a container's?  There the kernel's
 * command line and consoles are somebody else's.
 */
bool system_is_machine(void);

/* Set the host name from the first line of /etc/hostname; 0 or -errno. */
int system_set_hostname(void);

/* Ctrl-Alt-Del comes as SIGINT instead of resetting the machine (reboot(2)). */
void system_catch_ctrl_alt_del(void);

#endif
