#include "ready.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sockets.h"
#include "tool.h"
#include "watch.h"

enum kind {
	KIND_NONE,
	KIND_FILE,
	KIND_UNIX,
	KIND_TCP,
	KIND_UDP,
	KIND_CHECK,
};

struct pauses {
	uint32_t first_ms, last_ms;
};

static const struct pauses table_pauses = { 10, 250 }, check_pauses = { 50, 2000 };

static enum kind kind_of(const char *condition, const char **value)
{
	static const struct {
		const char *name;
		enum kind kind;
	} kinds[] = {
		{ "file=", KIND_FILE }, { "unix=", KIND_UNIX },   { "tcp=", KIND_TCP },
		{ "udp=", KIND_UDP },   { "check=", KIND_CHECK },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		size_t len = strlen(kinds[i].name);

		*value = condition + len;
		if (!strncmp(condition, kinds[i].name, len))
			return kinds[i].kind;
	}
	return KIND_NONE;
}

static bool is_port(const char *value)
{
	uint64_t port;

	return tool_number(value, 10, UINT16_MAX, &port) && port;
}

bool ready_is_valid(const char *condition)
{
	const char *value;
	bool good = false;

	switch (kind_of(condition, &value)) {
	case KIND_FILE:
		good = *value == '/' && strlen(value) < PATH_MAX;
		break;
	case KIND_TCP:
	case KIND_UDP:
		good = is_port(value);
		break;
	case KIND_UNIX:
	case KIND_CHECK:
		good = *value;
		break;
	case KIND_NONE:
	default:
		break;
	}
	if (!good)
		say("rcwait", "unknown condition \"", condition, "\"");
	return good;
}

static int wait_file(const char *path)
{
	struct watch watch;
	struct stat st;

	watch_init(&watch);
	for (;;) {
		watch_path(&watch, path, false);
		watch_ask(&watch, WATCH_MOUNTS);
		if (stat(path, &st) == 0)
			return 0;
		watch_sleep(&watch, -1);
	}
}

/* 1: it ended with 0; 0: not; -1 and errno: no process */
static int run_check(const char *command)
{
	int status;
	pid_t child = fork();

	if (child < 0)
		return -1;
	if (child == 0) {
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		say("rcwait", "/bin/sh: ", strerror(errno));
		_exit(TOOL_FAILED);
	}
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static int look(enum kind kind, const char *value)
{
	uint64_t port = 0;

	if (kind == KIND_UNIX)
		return sockets_unix(value);
	if (kind == KIND_CHECK)
		return run_check(value);
	tool_number(value, 10, UINT16_MAX, &port);
	return kind == KIND_TCP ? sockets_tcp((uint16_t)port) : sockets_udp((uint16_t)port);
}

int ready_wait(const char *condition)
{
	const char *value;
	enum kind kind = kind_of(condition, &value);
	const struct pauses *pauses = kind == KIND_CHECK ? &check_pauses : &table_pauses;
	uint32_t pause_ms = pauses->first_ms;

	if (kind == KIND_FILE)
		return wait_file(value);
	/* An ignored SIGCHLD, as it may be inherited, would hide how a check ended. */
	signal(SIGCHLD, SIG_DFL);
	for (;;) {
		int got = look(kind, value);

		if (got > 0)
			return 0;
		/* A check may find no process for a while; a table stays missing. */
		if (got < 0 && kind != KIND_CHECK) {
			say("rcwait", condition, ": ", strerror(errno));
			return TOOL_FAILED;
		}
		tool_pause_ms(pause_ms);
		pause_ms = pause_ms * 2 < pauses->last_ms ? pause_ms * 2 : pauses->last_ms;
	}
}
