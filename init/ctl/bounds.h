/*
 * bounds: what the kernel grants a process: rlimits, priority, scheduling,
 * disk priority, OOM score, and the settings of its cgroup.
 *
 * Each function parses its argument and applies it to this process; NULL is
 * success, otherwise it is what is wrong, with errno or (errno 0) a bad word.
 * With `dry` nothing is applied: all words are looked at before anything is
 * done.
 */
#ifndef TINYINIT_BOUNDS_H
#define TINYINIT_BOUNDS_H

#include <stdbool.h>

/* RESOURCE=SOFT[:HARD], the resource as a number of getrlimit(2) */
const char *bounds_resource(const char *word, bool dry);

/* -20 to 19 */
const char *bounds_nice(const char *word, bool dry);

/* other, batch, idle, fifo[:PRIO], rr[:PRIO] */
const char *bounds_policy(const char *word, bool dry);

/* CLASS[:LEVEL] of ioprio_set(2): 1 realtime, 2 best effort, 3 idle */
const char *bounds_disk(const char *word, bool dry);

/* -1000 to 1000 */
const char *bounds_oom(const char *word, bool dry);

/*
 * FILE=VALUE for the cgroup of that service, which this process joins.  Values
 * of memory.* may end with K, M or G.  *none tells that there are no cgroups on this machine.
 */
const char *bounds_group(const char *name, const char *word, bool dry, bool *none);

#endif
