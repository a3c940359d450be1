/*
 * caps: who a process is: groups, user, capabilities.
 *
 * Everything is given up here and nothing is asked for; a step that fails ends
 * the start.  musl's setuid(3) and the kernel's agree, for there is one thread.
 */
#ifndef TINYINIT_CAPS_H
#define TINYINIT_CAPS_H

#include <stdbool.h>
#include <stdint.h>

struct caps {
	bool given;
	uint64_t mask; /* a bit a capability, as in /proc/PID/status */
};

/* Supplementary groups "GID,GID"; "" is none.  0, or -1 and errno (0: bad word). */
int caps_groups(const char *word, bool dry);

/* Take all out of the bounding set that is not kept.  0, or -1 and errno. */
int caps_bound(const struct caps *caps);

/*
 * Become uid, for good, and keep what is kept.  Another user than root has it as
 * permitted and ambient capabilities, so that it outlives execve(2).  0, or -1
 * and errno.
 */
int caps_user(uint32_t uid);
int caps_keep(const struct caps *caps, uint32_t uid);

/* Before caps_user: do not let the kernel drop what is to be kept. */
int caps_prepare(const struct caps *caps, uint32_t uid);

#endif
