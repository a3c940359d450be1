#include "bounds.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "place.h"
#include "tool.h"

/* From linux/ioprio.h, which not every libc has. */
enum {
	DISK_PROCESS = 1, /* IOPRIO_WHO_PROCESS */
	DISK_SHIFT = 13,  /* IOPRIO_CLASS_SHIFT */
	DISK_LEVEL = 4,   /* IOPRIO_NORM */
};

/* By their numbers, which are the same on all architectures that we have. */
static const char *const resources[] = { "cpu",      "fsize", "data",   "stack",
					 "core",     "rss",   "nproc",  "nofile",
					 "memlock",  "as",    "locks",  "sigpending",
					 "msgqueue", "nice",  "rtprio", "rttime" };
enum {
	N_RESOURCES = sizeof(resources) / sizeof(*resources),
};

/* The part of word before `end`, in a buffer; false: too long. */
static bool part_of(const char *word, const char *end, char *buf, size_t cap)
{
	size_t len = (size_t)(end - word);

	if (len >= cap)
		return false;
	memcpy(buf, word, len);
	buf[len] = '\0';
	return true;
}

static bool limit_value(const char *s, rlim_t *value)
{
	uint64_t got;

	if (!strcmp(s, "unlimited")) {
		*value = RLIM_INFINITY;
		return true;
	}
	if (!tool_number(s, 10, UINT64_MAX - 1, &got))
		return false;
	*value = (rlim_t)got;
	return *value == got;
}

const char *bounds_resource(const char *word, bool dry)
{
	char part[24];
	uint64_t resource;
	struct rlimit limit;
	const char *equal = strchr(word, '=');
	const char *colon = strchr(word, ':');

	errno = 0;
	if (!equal || !part_of(word, equal, part, sizeof(part)) ||
	    !tool_number(part, 10, N_RESOURCES - 1, &resource))
		return word;
	if (!part_of(equal + 1, colon ? colon : word + strlen(word), part, sizeof(part)) ||
	    !limit_value(part, &limit.rlim_cur))
		return word;
	limit.rlim_max = limit.rlim_cur;
	if (colon && !limit_value(colon + 1, &limit.rlim_max))
		return word;
	if (limit.rlim_max < limit.rlim_cur)
		return word;
	if (dry || setrlimit((int)resource, &limit) == 0)
		return NULL;
	return resources[resource];
}

const char *bounds_nice(const char *word, bool dry)
{
	int nice;

	errno = 0;
	if (!tool_signed(word, -20, 19, &nice))
		return word;
	return dry || setpriority(PRIO_PROCESS, 0, nice) == 0 ? NULL : word;
}

const char *bounds_policy(const char *word, bool dry)
{
	static const struct {
		const char *name;
		int policy;
	} policies[] = {
		{ "other", SCHED_OTHER }, { "batch", SCHED_BATCH }, { "idle", SCHED_IDLE },
		{ "fifo", SCHED_FIFO },   { "rr", SCHED_RR },
	};
	char part[24];
	const char *colon = strchr(word, ':');
	int policy = -1, least, most, priority;

	errno = 0;
	if (!part_of(word, colon ? colon : word + strlen(word), part, sizeof(part)))
		return word;
	for (size_t i = 0; i < sizeof(policies) / sizeof(*policies); i++)
		if (!strcmp(part, policies[i].name))
			policy = policies[i].policy;
	if (policy < 0)
		return word;
	least = policy == SCHED_FIFO || policy == SCHED_RR ? 1 : 0;
	most = least ? 99 : 0;
	priority = least;
	if (colon && !tool_signed(colon + 1, least, most, &priority))
		return word;
	/* musl refuses sched_setscheduler(3), which would be one thread's. */
	if (dry || syscall(SYS_sched_setscheduler, 0, policy,
			   &(struct sched_param){ .sched_priority = priority }) == 0)
		return NULL;
	return word;
}

const char *bounds_disk(const char *word, bool dry)
{
	int level = DISK_LEVEL;
	int class = word[0] - '0';

	errno = 0;
	if (class < 1 || class > 3 || (word[1] && word[1] != ':'))
		return word;
	if (word[1] && !tool_signed(word + 2, 0, 7, &level))
		return word;
	if (class == 3)
		level = 0;
	if (dry || syscall(SYS_ioprio_set, DISK_PROCESS, 0, class << DISK_SHIFT | level) == 0)
		return NULL;
	return word;
}

static bool write_file(const char *path, const char *text)
{
	int err;
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return false;
	err = write(fd, text, strlen(text)) < 0 ? errno : 0;
	close(fd);
	errno = err;
	return err == 0;
}

const char *bounds_oom(const char *word, bool dry)
{
	int score;

	errno = 0;
	if (!tool_signed(word, -1000, 1000, &score))
		return word;
	return dry || write_file("/proc/self/oom_score_adj", word) ? NULL : word;
}

/* Bytes for a number with K, M or G behind it; anything else as it is. */
static const char *in_bytes(const char *value)
{
	static const char suffixes[] = "KMG";
	size_t len = strlen(value);
	const char *suffix = len ? strchr(suffixes, value[len - 1] & ~0x20) : NULL;
	unsigned shift = suffix ? 10 * (unsigned)(suffix - suffixes + 1) : 0;
	char digits[24];
	uint64_t n;

	if (!suffix || !*suffix || !part_of(value, value + len - 1, digits, sizeof(digits)) ||
	    !tool_number(digits, 10, UINT64_MAX >> shift, &n))
		return value;
	return tool_decimal(n << shift);
}

const char *bounds_group(const char *name, const char *word, bool dry, bool *none)
{
	const char *equal = strchr(word, '=');
	char file[64];
	char *path;

	errno = 0;
	*none = false;
	if (!equal || !part_of(word, equal, file, sizeof(file)) || !tool_is_name(file))
		return word;
	if (dry)
		return NULL;
	if (access(PLACE_GROUPS, F_OK) < 0 && (errno == ENOENT || errno == ENOTDIR)) {
		*none = true;
		return NULL;
	}
	path = tool_join(PLACE_GROUPS "/", name, "/", file);
	if (!write_file(path, strncmp(file, "memory.", 7) ? equal + 1 : in_bytes(equal + 1)))
		return word;
	/* PID 1 has made it, but waits for no one who may be throttled in it. */
	return write_file(tool_join(PLACE_GROUPS "/", name, "/cgroup.procs", ""), "0") ? NULL
										       : word;
}
