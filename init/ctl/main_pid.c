#include "main_pid.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "lines.h"
#include "place.h"
#include "process.h"
#include "tool.h"
#include "watch.h"

enum {
	BEFORE_MS = 10000, /* from a daemon's start to its pidfile, at most */
	AFTER_MS = 2000,   /* the clocks' ticks, and time that is set by little */
	LOOK_MS = 50,
	STABLE_MS = 150,
	STARTER_MS = 2000, /* a starter that takes longer should have a pidfile */
	PAUSE_FIRST_MS = 10,
	PAUSE_LAST_MS = 1000,
};

static bool take_number(const char *line, pid_t *pid)
{
	char digits[12];
	size_t len = strspn(line, "0123456789");
	uint64_t value;

	if (len >= sizeof(digits) || line[len + strspn(line + len, " \t\r")])
		return false;
	memcpy(digits, line, len);
	digits[len] = '\0';
	if (!tool_number(digits, 10, INT32_MAX, &value))
		return false;
	*pid = (pid_t)value;
	return true;
}

/* The first line of the file; PID 1 is nobody's main process. */
static bool is_pid(const char *line, void *arg)
{
	pid_t *pid = arg;

	if (!take_number(line, pid) || *pid <= 1)
		*pid = 0;
	return true;
}

static bool is_listed(const char *line, void *arg)
{
	pid_t pid;

	return take_number(line, &pid) && pid == *(const pid_t *)arg;
}

/* What the pidfile looked like; another look is another writing. */
struct mark {
	bool is_there;
	struct stat st;
};

static bool is_changed(const struct mark *before, const struct mark *now)
{
	return before->is_there != now->is_there || before->st.st_ino != now->st.st_ino ||
	       before->st.st_size != now->st.st_size ||
	       before->st.st_mtim.tv_sec != now->st.st_mtim.tv_sec ||
	       before->st.st_mtim.tv_nsec != now->st.st_mtim.tv_nsec;
}

/* Was the process started shortly before the file was written? */
static bool fits(const struct process *process, const struct mark *file)
{
	int64_t written_ms = (int64_t)file->st.st_mtim.tv_sec * 1000 +
			     file->st.st_mtim.tv_nsec / 1000000;
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	written_ms -= (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
	written_ms += (int64_t)tool_now_ms();
	return (int64_t)process->start_ms >= written_ms - BEFORE_MS &&
	       (int64_t)process->start_ms <= written_ms + AFTER_MS;
}

struct finding {
	struct watch watch;
	const char *members; /* cgroup.procs */
	bool has_group;
	const char *pidfile;
	struct mark first;
	bool is_rewritten; /* since the first look */
};

/* 1: it is that one; 0: not before the file changes; -1: it may become so */
static int judge(struct finding *finding, pid_t pid, const struct mark *file)
{
	struct process process;

	if (!process_read(&process, pid) || pid == getpid())
		return 0;
	if (finding->has_group)
		return lines_find(finding->members, is_listed, &pid) == 1;
	/* Its starter may not have ended yet. */
	if (process.parent != 1)
		return -1;
	return finding->is_rewritten || fits(&process, file);
}

static pid_t find_by_file(struct finding *finding)
{
	int pause_ms = PAUSE_FIRST_MS;

	for (bool is_first = true;; is_first = false) {
		struct mark file = { .is_there = false };
		pid_t pid = 0;
		int got = 0;

		watch_path(&finding->watch, finding->pidfile, true);
		watch_ask(&finding->watch, WATCH_MOUNTS);
		file.is_there = stat(finding->pidfile, &file.st) == 0;
		if (!file.is_there)
			memset(&file.st, 0, sizeof(file.st));
		if (is_first)
			finding->first = file;
		else if (is_changed(&finding->first, &file))
			finding->is_rewritten = true;
		if (file.is_there && lines_find(finding->pidfile, is_pid, &pid) == 1 && pid)
			got = judge(finding, pid, &file);
		if (got > 0)
			return pid;
		watch_sleep(&finding->watch, got < 0 ? pause_ms : -1);
		pause_ms = pause_ms * 2 < PAUSE_LAST_MS ? pause_ms * 2 : PAUSE_LAST_MS;
	}
}

/* This process and those that it comes from are not the service. */
static bool is_ancestor(pid_t pid)
{
	struct process process = { .parent = getpid() };

	while (process.parent > 1 && process.parent != pid)
		if (!process_read(&process, process.parent))
			return false;
	return process.parent == pid;
}

static bool is_older(const char *line, void *arg)
{
	struct process *oldest = arg, process;
	pid_t pid;

	if (!take_number(line, &pid) || pid <= 1 || is_ancestor(pid) ||
	    !process_read(&process, pid))
		return false;
	if (!oldest->pid || process.start_ms < oldest->start_ms ||
	    (process.start_ms == oldest->start_ms && pid < oldest->pid))
		*oldest = process;
	return false;
}

/* Executed by PID 1 itself, as a starter is, and not later than this process. */
static bool is_like_starter(const struct process *process, const struct process *self)
{
	return process->has_execed && process->session == process->pid && process->parent <= 1 &&
	       process->start_ms <= self->start_ms;
}

static pid_t find_oldest(const char *members)
{
	struct process self = { .pid = 0 }, before = { .pid = 0 };
	uint64_t since_ms = 0;
	uint32_t pause_ms = PAUSE_FIRST_MS;

	process_read(&self, getpid());
	for (;;) {
		struct process now = { .pid = 0 };
		uint64_t now_ms = tool_now_ms();

		lines_find(members, is_older, &now);
		if (now.pid != before.pid || now.start_ms != before.start_ms) {
			before = now;
			since_ms = now_ms;
			pause_ms = PAUSE_FIRST_MS;
		}
		if (now.pid &&
		    now_ms - since_ms >= (is_like_starter(&now, &self) ? STARTER_MS : STABLE_MS))
			return now.pid;
		tool_pause_ms(now.pid ? LOOK_MS : pause_ms);
		pause_ms = pause_ms * 2 < PAUSE_LAST_MS ? pause_ms * 2 : PAUSE_LAST_MS;
	}
}

pid_t main_pid_find(const char *name, const char *pidfile)
{
	struct finding finding = { .pidfile = pidfile };

	finding.members = tool_join(PLACE_GROUPS "/", name, "/cgroup.procs");
	finding.has_group = access(finding.members, R_OK) == 0;
	if (pidfile) {
		watch_init(&finding.watch);
		return find_by_file(&finding);
	}
	if (finding.has_group)
		return find_oldest(finding.members);
	say(name, "its main process is not known: without cgroups it needs a pidfile");
	return 0;
}

int main_pid_tell(const char *name, pid_t pid)
{
	const char *path = getenv("NOTIFY_SOCKET");
	const char *text = tool_join("MAINPID=", tool_decimal((uint64_t)pid));
	union {
		struct sockaddr_un un;
		struct sockaddr any;
	} address = { .un = { .sun_family = AF_UNIX } };
	size_t len = path ? strlen(path) : 0;
	int err, fd;

	if (!len || len >= sizeof(address.un.sun_path) || (*path != '/' && *path != '@')) {
		say(name, "no NOTIFY_SOCKET to tell the main process to");
		return -1;
	}
	memcpy(address.un.sun_path, path, len);
	if (*path == '@')
		address.un.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && sendto(fd, text, strlen(text), MSG_NOSIGNAL, &address.any,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) >= 0) {
		close(fd);
		return 0;
	}
	err = errno;
	if (fd >= 0)
		close(fd);
	say(name, "telling the main process: ", path, ": ", strerror(err));
	return -1;
}
