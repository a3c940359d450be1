/* The keys of key.h that are about a service's start, readiness and end. */
#include "heap.h"
#include "key.h"
#include "near.h"
#include "value.h"

#include <signal.h>
#include <string.h>

static bool starts(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static int index_of(const char *text, const char *const *list)
{
	for (int i = 0; list[i]; i++)
		if (strcmp(text, list[i]) == 0)
			return i;
	return -1;
}

void life_type(struct line *line)
{
	static const char *const types[] = { "oneshot", "daemon", "forking", "target", NULL };
	const char *word = key_word(line);
	int i = word ? index_of(word, types) : 0;

	if (i < 0)
		key_unknown(line, word, "type", word, types);
	else
		line->script->row.type = (uint8_t)i;
}

void life_run(struct line *line)
{
	struct words *run = &line->script->run;

	key_quoted(line, run);
	if (run->n >= TABLE_ARGS)
		key_error(line, line->value, "%u words, %d are the most", run->n, TABLE_ARGS - 1);
	else if (run->n && run->at[0].text[0] != '/')
		key_error(line, line->value, "\"%s\" is not an absolute path", run->at[0].text);
}

void life_reload(struct line *line)
{
	struct words *command = &line->script->reload_command;

	key_quoted(line, command);
	if (command->n > TABLE_ARGS / 2)
		key_error(line, line->value, "%u words, %d are the most", command->n,
			  TABLE_ARGS / 2);
	else if (command->n && command->at[0].text[0] != '/')
		key_error(line, line->value, "\"%s\" is not an absolute path", command->at[0].text);
}

static bool port_good(const char *text)
{
	uint64_t port;

	return value_number(text, 65535, &port) && port > 0;
}

/* A readiness with a value: what is before the "=" decides. */
static void ready_condition(struct line *line, const char *value)
{
	static const char *const kinds[] = {
		"exec",      "exit",     "notify",   "fd=N",          "file=PATH",
		"unix=PATH", "tcp=PORT", "udp=PORT", "check=COMMAND", NULL,
	};
	struct script *script = line->script;
	const char *word = line->value;
	uint64_t fd;

	if (!starts(word, "check=") && !key_word(line))
		return;
	script->row.ready = TABLE_READY_PROBE;
	script->condition = word;
	if (starts(word, "fd=")) {
		if (!value_number(value, 255, &fd) || fd < 3)
			key_error(line, value, "\"%s\" is not a descriptor from 3 to 255", value);
		script->row.ready = TABLE_READY_FD;
		script->row.ready_fd = (uint8_t)fd;
		script->condition = NULL;
	} else if (starts(word, "tcp=") || starts(word, "udp=")) {
		if (!port_good(value))
			key_error(line, value, "\"%s\" is not a port from 1 to 65535", value);
	} else if (starts(word, "file=") || starts(word, "unix=")) {
		if (value[0] != '/' && !(word[0] == 'u' && value[0] == '@' && value[1]))
			key_error(line, value, "\"%s\" is not an absolute path", value);
	} else if (starts(word, "check=")) {
		if (value[strspn(value, " \t")] == '\0')
			key_error(line, value, "check= without a command");
	} else {
		key_unknown(line, word, "readiness", word, kinds);
	}
}

void life_ready(struct line *line)
{
	static const char *const words[] = { "exec", "exit", "notify", NULL };
	static const char *const all[] = { "exec",          "exit",      "notify",   "fd=N",
					   "file=PATH",     "unix=PATH", "tcp=PORT", "udp=PORT",
					   "check=COMMAND", NULL };
	const char *equals = strchr(line->value, '=');
	const char *word;
	int i;

	if (equals) {
		ready_condition(line, equals + 1);
		return;
	}
	word = key_word(line);
	i = word ? index_of(word, words) : 0;
	if (i < 0)
		key_unknown(line, word, "readiness", word, all);
	else
		line->script->row.ready = (uint8_t)i; /* as enum table_ready counts */
}

_Static_assert(TABLE_READY_EXEC == 0 && TABLE_READY_EXIT == 1 && TABLE_READY_NOTIFY == 2,
	       "the order of words in life_ready");

/* "eth0", "eth0,up": interfaces are at most IFNAMSIZ - 1 long (netdevice(7)). */
static void wait_net(struct line *line, const struct word *word)
{
	static const char *const states[] = { "up", "carrier", "address", NULL };
	const char *name = word->text + strlen("net=");
	const char *comma = strchr(name, ',');
	size_t n = comma ? (size_t)(comma - name) : strlen(name);

	if (n == 0 || n > 15 || memchr(name, '/', n)) {
		if (strcmp(name, "default-route") == 0)
			return;
		key_error(line, key_at(line, word), "\"%s\" is not an interface", name);
	} else if (comma && index_of(comma + 1, states) < 0) {
		key_unknown(line, key_at(line, word) + (comma + 1 - word->text),
			    "state of an interface", comma + 1, states);
	}
}

static void wait_item(struct line *line, const struct word *word)
{
	static const char *const kinds[] = { "dev=NAME",  "path=PATH", "mount=PATH",
					     "net=IFACE", "time",      NULL };
	const char *text = word->text;
	const char *value = strchr(text, '=');

	value = value ? value + 1 : text;
	if (strcmp(text, "time") == 0)
		return;
	if (starts(text, "net=")) {
		wait_net(line, word);
	} else if (starts(text, "path=") || starts(text, "mount=")) {
		if (value[0] != '/')
			key_error(line, key_at(line, word) + (value - text),
				  "\"%s\" is not an absolute path", value);
	} else if (starts(text, "dev=")) {
		if (value[0] == '\0' || (value[0] == '/' && !starts(value, "/dev/")) ||
		    strstr(value, ".."))
			key_error(line, key_at(line, word) + (value - text),
				  "\"%s\" is not a device below /dev", value);
	} else {
		key_unknown(line, key_at(line, word), "thing to wait for", text, kinds);
	}
}

void life_wait(struct line *line)
{
	struct words *list = &line->script->wait_for;
	uint32_t i = list->n;

	key_words(line, list);
	for (; i < list->n; i++)
		wait_item(line, &list->at[i]);
	if (list->n > TABLE_ARGS / 2)
		key_error(line, line->value, "more than %d things to wait for", TABLE_ARGS / 2);
}

void life_pidfile(struct line *line)
{
	line->script->pidfile = key_path(line);
}

static void duration(struct line *line, uint32_t *ms, bool never)
{
	const char *word = key_word(line);

	if (word && never && strcmp(word, "never") == 0)
		*ms = 0;
	else if (word && (!value_duration(word, ms) || (!never && *ms == 0)))
		key_error(line, word, "\"%s\" is not a duration (500ms, 10s, 2m, 1h%s)", word,
			  never ? ", never" : "");
}

void life_start_timeout(struct line *line)
{
	duration(line, &line->script->row.start_timeout_ms, true);
}

void life_stop_timeout(struct line *line)
{
	duration(line, &line->script->row.stop_timeout_ms, true);
}

void life_watchdog(struct line *line)
{
	duration(line, &line->script->row.watchdog_ms, false);
}

static const char *const signal_names[] = { "HUP",  "INT",  "QUIT", "ABRT",  "KILL", "USR1",
					    "USR2", "PIPE", "ALRM", "TERM",  "CONT", "STOP",
					    "TSTP", "TTIN", "TTOU", "WINCH", "PWR",  NULL };
/* Linux's numbers on every architecture that this runs on (signal(7)). */
static const uint8_t signal_numbers[] = { 1,  2,  3,  6,  9,  10, 12, 13, 14,
					  15, 18, 19, 20, 21, 22, 28, 30 };

static void signal_value(struct line *line, uint8_t *number)
{
	const char *word = key_word(line);
	const char *name;
	uint64_t n;
	int i;

	if (!word)
		return;
	name = starts(word, "SIG") ? word + 3 : word;
	i = index_of(name, signal_names);
	if (i >= 0)
		*number = signal_numbers[i];
	else if (value_number(name, 64, &n) && n > 0)
		*number = (uint8_t)n;
	else if (starts(name, "RTMIN+") && value_number(name + 6, 30, &n))
		*number = (uint8_t)(34 + n); /* the first that libc leaves free */
	else
		key_error(line, word, "unknown signal \"%s\"%s", word, near_of(name, signal_names));
}

void life_stop_signal(struct line *line)
{
	signal_value(line, &line->script->row.stop_signal);
}

void life_reload_signal(struct line *line)
{
	signal_value(line, &line->script->row.reload_signal);
}

void life_keyword(struct line *line)
{
	static const char *const known[] = { "nostart", "firstboot", "critical", NULL };
	static const uint32_t flags[] = { TABLE_NOSTART, TABLE_FIRSTBOOT, TABLE_CRITICAL };
	struct words list = { NULL, 0 };

	key_words(line, &list);
	for (uint32_t i = 0; i < list.n; i++) {
		int k = index_of(list.at[i].text, known);

		if (k < 0)
			key_unknown(line, key_at(line, &list.at[i]), "keyword", list.at[i].text,
				    known);
		else
			line->script->row.flags |= flags[k];
	}
}

/* Keys that speak of a process, which a target does not have. */
static void finish_target(struct script *script)
{
	static const char *const keys[] = {
		"run",    "ready",   "wait",     "pidfile",     "start-timeout", "stop-timeout",
		"reload", "restart", "watchdog", "stop-signal", "reload-signal", "user",
		"groups", "umask",   "chdir",    "chroot",      "env",           "env-file",
		"nice",   "sched",   "ionice",   "oom-score",   "limit",         "caps",
		"tty",    "cgroup",  NULL,
	};

	for (int i = 0; keys[i]; i++)
		if (key_line(script, keys[i]))
			script_error(script, key_line(script, keys[i]), 0,
				     "a target runs nothing, so \"%s\" has no meaning", keys[i]);
}

static void finish_ready(struct script *script)
{
	struct table_service *row = &script->row;
	uint32_t line = key_line(script, "ready");

	if (!line) {
		row->ready = row->type == TABLE_ONESHOT || row->type == TABLE_FORKING
				     ? TABLE_READY_EXIT
				     : TABLE_READY_EXEC;
	} else if (row->ready == TABLE_READY_EXIT && row->type == TABLE_DAEMON) {
		script_error(script, line, 0, "a daemon is not ready when it exits");
	} else if (row->ready == TABLE_READY_EXEC && row->type == TABLE_ONESHOT) {
		script_error(script, line, 0,
			     "a oneshot is ready when it has ended, so not at exec");
	}
	if (row->ready == TABLE_READY_NOTIFY || row->type == TABLE_FORKING || row->watchdog_ms)
		row->flags |= TABLE_NOTIFY;
}

static void finish_restart(struct script *script)
{
	struct table_service *row = &script->row;
	bool lives = row->type == TABLE_DAEMON || row->type == TABLE_FORKING;

	if (!key_line(script, "restart"))
		row->restart = lives ? TABLE_RESTART_ALWAYS : TABLE_RESTART_NO;
	if (row->restart == TABLE_RESTART_NO)
		return;
	if (!row->restart_max_ms) {
		row->restart_min_ms = 1000;
		row->restart_max_ms = 60000;
	}
	if (!row->restart_limit) {
		row->restart_limit = 10;
		row->restart_window_ms = 60000;
	}
}

void life_finish(struct script *script)
{
	struct table_service *row = &script->row;
	bool lives;

	if (!key_line(script, "type"))
		row->type = script->run.n ? TABLE_DAEMON : TABLE_ONESHOT;
	lives = row->type == TABLE_DAEMON || row->type == TABLE_FORKING;
	if (row->type == TABLE_TARGET)
		finish_target(script);
	if (script->pidfile && row->type != TABLE_FORKING)
		script_error(script, key_line(script, "pidfile"), 0,
			     "\"pidfile\" is for \"type forking\" only");
	if (row->watchdog_ms && !lives)
		script_error(script, key_line(script, "watchdog"), 0,
			     "\"watchdog\" is for a daemon, and this is none");
	if (script->reload_command.n && key_line(script, "reload-signal"))
		script_error(script, key_line(script, "reload-signal"), 0,
			     "\"reload\" or \"reload-signal\", not both");
	if (lives && !script->reload_command.n && !row->reload_signal)
		row->reload_signal = SIGHUP;
	finish_ready(script);
	finish_restart(script);
}
