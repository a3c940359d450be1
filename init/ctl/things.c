#include "things.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lines.h"
#include "net.h"
#include "place.h"
#include "tool.h"
#include "watch.h"

#define TIME_MARK PLACE_RUN "/time"

enum {
	FLOOR_S = 1704067200, /* 2024-01-01: before that the clock was never set */
	IFACE_LENGTH = 15,    /* IFNAMSIZ without its NUL */
};

struct thing {
	bool (*holds)(const char *what);
	const char *what; /* a path or an interface */
	enum watch_source source;
	bool is_path; /* what decides whether that path exists is watched */
};

static bool is_there(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

static bool is_time(const char *mark)
{
	return time(NULL) >= FLOOR_S || is_there(mark);
}

static unsigned octal(char c)
{
	return (unsigned)c & 7;
}

/* Undoes the \ooo of a field of mountinfo, which ends at a blank. */
static void mount_point(const char *field, char *path, size_t cap)
{
	size_t len = 0;

	while (*field && *field != ' ' && len < cap - 1) {
		if (*field == '\\' && field[1] && field[2] && field[3]) {
			path[len++] = (char)(octal(field[1]) << 6 | octal(field[2]) << 3 |
					     octal(field[3]));
			field += 4;
		} else {
			path[len++] = *field++;
		}
	}
	path[len] = '\0';
}

/* ID PARENT MAJOR:MINOR ROOT MOUNTPOINT ... */
static bool is_mount_of(const char *line, void *arg)
{
	static char path[PATH_MAX];

	mount_point(lines_word(line, 4), path, sizeof(path));
	return !strcmp(path, arg);
}

static bool is_mounted(const char *path)
{
	static char real[PATH_MAX];

	/* The table has no links in it, and no slash at the end. */
	return realpath(path, real) && lines_find("/proc/self/mountinfo", is_mount_of, real) == 1;
}

static bool has_default_route(const char *none)
{
	(void)none;
	return net_has_default_route();
}

static bool take_net(struct thing *thing, char *value)
{
	static const struct {
		const char *name;
		bool (*holds)(const char *iface);
	} states[] = {
		{ "up", net_is_up },
		{ "carrier", net_has_carrier },
		{ "address", net_has_address },
	};
	char *comma = strchr(value, ',');

	thing->source = WATCH_NET;
	thing->holds = net_is_up;
	thing->what = value;
	if (!strcmp(value, "default-route")) {
		thing->holds = has_default_route;
		return true;
	}
	if (comma) {
		*comma = '\0';
		thing->holds = NULL;
		for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++)
			if (!strcmp(comma + 1, states[i].name))
				thing->holds = states[i].holds;
	}
	if (thing->holds && *value && strlen(value) <= IFACE_LENGTH && !strchr(value, '/'))
		return true;
	if (comma)
		*comma = ',';
	return false;
}

static bool take_path(struct thing *thing, const char *path)
{
	thing->holds = is_there;
	thing->what = path;
	thing->source = WATCH_MOUNTS; /* one may bring it, or hide it */
	thing->is_path = true;
	return *path == '/' && strlen(path) < PATH_MAX;
}

static bool take(struct thing *thing, char *item)
{
	char *value = strchr(item, '=');
	size_t len = value ? (size_t)(value - item) : 0;

	*thing = (struct thing){ .holds = NULL };
	if (!strcmp(item, "time")) {
		*thing = (struct thing){ is_time, TIME_MARK, WATCH_CLOCK, true };
		return true;
	}
	if (!value++)
		return false;
	if (len == 3 && !strncmp(item, "net", len))
		return take_net(thing, value);
	if (len == 4 && !strncmp(item, "path", len))
		return take_path(thing, value);
	if (len == 3 && !strncmp(item, "dev", len)) {
		bool good = *value &&
			    take_path(thing, *value == '/' ? value : tool_join("/dev/", value));

		thing->source = WATCH_DEVICES;
		return good;
	}
	if (len == 5 && !strncmp(item, "mount", len)) {
		bool good = take_path(thing, value);

		thing->holds = is_mounted;
		return good;
	}
	return false;
}

int things_wait(char **items)
{
	struct watch watch;
	struct thing *things;
	size_t n = 0;

	while (items[n])
		n++;
	things = tool_zeroed(n, sizeof(*things));
	for (size_t i = 0; i < n; i++) {
		if (take(&things[i], items[i]))
			continue;
		say("rcwait", "unknown item \"", items[i], "\"");
		return TOOL_USAGE;
	}
	watch_init(&watch);
	watch.clock_s = FLOOR_S;
	for (;;) {
		bool all = true;

		for (size_t i = 0; i < n; i++) {
			if (things[i].is_path)
				watch_path(&watch, things[i].what, false);
			watch_ask(&watch, things[i].source);
		}
		for (size_t i = 0; all && i < n; i++)
			all = things[i].holds(things[i].what);
		if (all)
			return 0;
		watch_sleep(&watch, -1);
	}
}
