/*
 * group: a control group (cgroup-v2) for each service, named like it.
 *
 * It owns the folder of all groups, kept open from groups_init on.  Groups are
 * found below that descriptor and not by path, so nothing mounted over the place
 * later can lead PID 1 elsewhere.  Where the kernel offers none (or only v1, or
 * both mixed) every function returns -errno and changes nothing.
 *
 * Any of it may vanish at any time, by a program that manages groups itself: that
 * is -ENOENT or -ENODEV, and for what was to be removed or killed it is success.
 * Nothing here waits: what is killed or removed may need another call later.
 */
#ifndef TINYINIT_GROUP_H
#define TINYINIT_GROUP_H

#include <stddef.h>
#include <stdint.h>

enum {
	GROUP_DEPTH = 8,             /* sub-groups that a service may have made */
	GROUP_PID_BYTES = 64 * 1024, /* of cgroup.procs that one call reads */
	GROUP_PASSES = 8,            /* of group_kill over those that still fork */
};

/*
 * Make `path`, a folder "rc" right below the mount of cgroup2, and give the groups in
 * it the controllers memory, pids, cpu and io, as far as there are such.  0, or
 * -errno: there are no groups; -ENODEV: this is no cgroup2.  Called once.
 */
int groups_init(const char *path);

/*
 * Make the group, thaw it if it was there, and open its cgroup.procs for
 * struct spawn.  The descriptor belongs to the caller.  fd or -errno.
 */
int group_open(const char *name);

/*
 * KILL every process of the group and of its sub-groups.  At once with
 * cgroup.kill (Linux 5.14); without it one by one, so that some may be left.
 */
int group_kill(const char *name);

/* Signal every process of them but `except` (0: nobody); once. */
int group_signal(const char *name, int signal, int32_t except);

/* Has no process been left in it and in its sub-groups?  1, 0, or -errno. */
int group_empty(const char *name);

/*
 * Remove it and its sub-groups, as far as their names begin with no dot: 0, or
 * -errno (-EBUSY: not all are empty).
 */
int group_remove(const char *name);

/*
 * The name of the group that a process is in, or in a sub-group of; 0.  -ENOENT:
 * in none of ours, or gone, or the name needs more than cap - 1 bytes.
 */
int group_of_pid(int32_t pid, char *buf, size_t cap);

#endif
