#include "status.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine.h"
#include "message.h"
#include "place.h"
#include "table.h"
#include "text.h"
#include "tool.h"

enum {
	TRIES = 1000, /* to look between two of PID 1's steps */
	LINE = 1024,
	EXIT_NOT_UP = 3,
	EXIT_UNKNOWN = 4,
};

static const char *const states[N_SERVICE_STATES] = {
	[SERVICE_DOWN] = "down",         [SERVICE_WAITING] = "waiting",
	[SERVICE_OUTSIDE] = "outside",   [SERVICE_SPAWNING] = "starting",
	[SERVICE_STARTING] = "starting", [SERVICE_UP] = "up",
	[SERVICE_BACKOFF] = "backoff",   [SERVICE_STOPPING] = "stopping",
	[SERVICE_FAILED] = "failed",     [SERVICE_BAD] = "BAD",
};

/* The memfd among PID 1's descriptors; -1 and errno. */
static int open_state(void)
{
	static const char wanted[] = "/memfd:" PLACE_STATE " (deleted)";
	DIR *dir = opendir("/proc/1/fd");
	struct dirent *entry;
	int fd = -1;

	if (!dir)
		return -1;
	errno = ENOENT;
	while (fd < 0 && (entry = readdir(dir))) {
		char target[sizeof(wanted) + 1];
		ssize_t n = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target));

		if (n == sizeof(wanted) - 1 && memcmp(target, wanted, (size_t)n) == 0)
			fd = openat(dirfd(dir), entry->d_name, O_RDONLY | O_CLOEXEC);
	}
	closedir(dir);
	return fd;
}

/* A copy that PID 1 did not change while it was made; NULL and a message. */
static struct engine *take_state(void)
{
	struct engine *copy = tool_zeroed(1, sizeof(*copy));
	const volatile struct engine *live;
	int fd = open_state();
	void *map = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof(*copy), PROT_READ, MAP_SHARED, fd, 0);

	if (map == MAP_FAILED) {
		say("status", "PID 1's state cannot be read: ",
		    errno == EACCES ? "run it as root" : strerror(errno));
		return NULL;
	}
	live = map;
	for (int i = 0; i < TRIES; i++) {
		uint32_t turns = live->turns;

		memcpy(copy, map, sizeof(*copy));
		if (turns % 2 == 0 && live->turns == turns)
			break;
		tool_pause_ms(1);
	}
	if (copy->magic == ENGINE_MAGIC && copy->version == ENGINE_VERSION &&
	    copy->n <= TABLE_SERVICES)
		return copy;
	say("status", "PID 1 is of another version than this program");
	return NULL;
}

static bool take_table(struct table *table, const char *path, uint32_t sum)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *map;

	if (fd < 0 || fstat(fd, &st) < 0 || st.st_size <= 0 || st.st_size > TABLE_BYTES)
		return false;
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	return map != MAP_FAILED && table_check(table, map, (size_t)st.st_size) == TABLE_SOUND &&
	       table->header->checksum == sum;
}

static void print(struct text *line)
{
	text_end(line);
	(void)!write(STDOUT_FILENO, line->buf, line->len);
}

static void pad(struct text *line, size_t to)
{
	do
		text_str(line, " ");
	while (line->len < to);
}

/* Why it is as it is, where that is known. */
static void reason(struct text *line, const struct engine *engine, const struct table *table,
		   uint32_t i)
{
	const struct service *s = &engine->services[i];
	const struct table_service *t = &table->services[i];

	if (t->fault) {
		text_safe(line, table_text(table, t->file), TABLE_NAME);
		if (t->line) {
			text_str(line, ":");
			text_uint(line, t->line);
		}
		text_str(line, ": ");
		text_safe(line, table_text(table, t->fault), LINE);
	} else if (s->blocker < table->n && (s->state == SERVICE_WAITING || service_active(s))) {
		text_str(line, "waits for ");
		text_safe(line, table_name(table, s->blocker), TABLE_NAME);
	} else if (s->state == SERVICE_FAILED || s->state == SERVICE_BACKOFF) {
		message_ending(line, &s->last);
	} else {
		text_safe(line, table_text(table, t->describe), LINE);
	}
}

static void print_one(const struct engine *engine, const struct table *table, uint32_t i)
{
	const struct service *s = &engine->services[i];
	char buf[LINE];
	struct text line;

	text_init(&line, buf, sizeof(buf));
	text_safe(&line, table_name(table, i), TABLE_NAME);
	pad(&line, 24);
	text_str(&line, s->state < N_SERVICE_STATES ? states[s->state] : "?");
	pad(&line, 34);
	if (s->main)
		text_int(&line, s->main);
	else
		text_str(&line, "-");
	pad(&line, 42);
	if (s->since_ms)
		text_duration(&line, tool_now_ms() - s->since_ms);
	else
		text_str(&line, "-");
	pad(&line, 52);
	reason(&line, engine, table, i);
	print(&line);
}

int status_print(const char *name)
{
	static const char head[] = "NAME                    STATE     PID     SINCE     \n";
	struct engine *engine = take_state();
	struct table table;
	uint32_t i;

	if (!engine)
		return TOOL_FAILED;
	if (!take_table(&table, PLACE_RUN_TABLE, engine->table_sum) &&
	    !take_table(&table, PLACE_TABLE, engine->table_sum)) {
		say("status", "PID 1 runs without a service table, or it is not there any more");
		return TOOL_FAILED;
	}
	if (name) {
		i = table_find(&table, name);
		if (i >= engine->n) {
			say("status", "there is no service called ", name);
			return EXIT_UNKNOWN;
		}
		print_one(engine, &table, i);
		return engine->services[i].state == SERVICE_UP ? 0 : EXIT_NOT_UP;
	}
	(void)!write(STDOUT_FILENO, head, sizeof(head) - 1);
	for (i = 0; i < engine->n && i < table.n; i++)
		print_one(engine, &table, i);
	return 0;
}
