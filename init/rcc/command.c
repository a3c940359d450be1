#include "command.h"

#include "heap.h"
#include "place.h"

#include <string.h>

enum {
	TELL_FD = 3
}; /* rcexec's; free, for a daemon that is ready at its exec has none */

static void put(struct words *argv, const char *text)
{
	words_add(argv, text, 0, 0);
}

static void option(struct words *argv, const char *letter, const char *value)
{
	if (!value)
		return;
	put(argv, letter);
	put(argv, value);
}

static void options(struct words *argv, const char *letter, const struct words *values)
{
	for (uint32_t i = 0; i < values->n; i++)
		option(argv, letter, values->at[i].text);
}

static void append(struct words *argv, const struct words *more)
{
	for (uint32_t i = 0; i < more->n; i++)
		put(argv, more->at[i].text);
}

static void environment(struct words *argv, const struct script *script)
{
	if (script->instance)
		option(argv, "-e", heap_print("RC_INSTANCE=%s", script->instance));
	options(argv, "-e", &script->process.env);
	options(argv, "-E", &script->process.env_file);
}

static void process_options(struct words *argv, const struct script *script)
{
	const struct process *p = &script->process;

	option(argv, "-u", p->uid);
	option(argv, "-g", p->gid);
	option(argv, "-G", p->groups);
	option(argv, "-m", p->umask);
	option(argv, "-d", p->chdir);
	option(argv, "-r", p->chroot);
	environment(argv, script);
	option(argv, "-N", p->nice);
	option(argv, "-s", p->sched);
	option(argv, "-i", p->ionice);
	option(argv, "-o", p->oom_score);
	options(argv, "-l", &p->limit);
	option(argv, "-C", p->caps);
	if (p->no_new_privs)
		put(argv, "-P");
	options(argv, "-c", &p->cgroup);
	if (script->row.watchdog_ms)
		option(argv, "-w", heap_print("%llu", script->row.watchdog_ms * 1000ull));
	if (script->row.flags & TABLE_FIRSTBOOT)
		option(argv, "-1", heap_print(PLACE_FIRSTBOOT "/%s", script->name));
}

/*
 * A daemon that is ready at its exec: its exec, not rcexec's.  One that runs once
 * is only looked after by rcexec, which stays.
 */
static bool tells_exec(const struct script *script)
{
	const struct table_service *row = &script->row;

	return row->type == TABLE_DAEMON && row->ready == TABLE_READY_EXEC &&
	       !(row->flags & TABLE_FIRSTBOOT);
}

/* rcexec and options in front of a command, if there are any; true: there are. */
static bool wrap(struct words *argv, const struct script *script, const struct words *command,
		 void (*add)(struct words *argv, const struct script *script))
{
	struct words wrapped = { NULL, 0 };

	put(&wrapped, PLACE_RCEXEC);
	option(&wrapped, "-n", script->name);
	add(&wrapped, script);
	if (wrapped.n == 3) {
		*argv = *command;
		return false;
	}
	if (add == process_options && tells_exec(script))
		option(&wrapped, "-x", heap_print("%d", TELL_FD));
	put(&wrapped, "--");
	append(&wrapped, command);
	*argv = wrapped;
	return true;
}

static struct words script_command(const struct script *script, const char *word)
{
	struct words command = { NULL, 0 };

	put(&command, script->path);
	put(&command, word);
	return command;
}

static void probe_make(struct script *script)
{
	bool forking = script->row.type == TABLE_FORKING;

	if (!forking && !script->condition)
		return;
	put(&script->probe, PLACE_RCWAIT);
	if (forking) {
		put(&script->probe, "main");
		option(&script->probe, "-n", script->name);
		option(&script->probe, "-p", script->pidfile);
	} else {
		put(&script->probe, "ready");
	}
	if (script->condition)
		put(&script->probe, script->condition);
}

static void check_length(struct script *script, const char *what, const struct words *argv)
{
	if (argv->n >= TABLE_ARGS)
		script_error(script, 0, 0, "%s with all its options has %u words, %d are the most",
			     what, argv->n, TABLE_ARGS - 1);
}

void command_make(struct script *script)
{
	struct words start = script->run.n ? script->run : script_command(script, "start");
	struct words stop = script_command(script, "stop");
	uint8_t type = script->row.type;

	if (type != TABLE_TARGET && wrap(&script->start, script, &start, process_options)) {
		script->row.flags |= TABLE_WRAPPED;
		if (tells_exec(script))
			script->row.ready_fd = TELL_FD;
	}
	if (!script->run.n && (type == TABLE_ONESHOT || type == TABLE_FORKING))
		(void)wrap(&script->stop, script, &stop, environment);
	if (script->reload_command.n)
		(void)wrap(&script->reload, script, &script->reload_command, environment);
	if (script->wait_for.n) {
		put(&script->wait, PLACE_RCWAIT);
		put(&script->wait, "for");
		append(&script->wait, &script->wait_for);
	}
	probe_make(script);
	check_length(script, "the start", &script->start);
	check_length(script, "the stop", &script->stop);
	check_length(script, "the reload", &script->reload);
	check_length(script, "the wait", &script->wait);
	script->row.hash = command_hash(script);
}

static uint32_t mix(uint32_t hash, const void *data, size_t n)
{
	const unsigned char *byte = data;

	for (size_t i = 0; i < n; i++)
		hash = (hash ^ byte[i]) * 0x01000193;
	return hash;
}

static uint32_t mix_text(uint32_t hash, const char *text)
{
	return text ? mix(hash, text, strlen(text) + 1) : mix(hash, "\1", 2);
}

static uint32_t mix_list(uint32_t hash, const struct words *list)
{
	for (uint32_t i = 0; i < list->n; i++)
		hash = mix_text(hash, list->at[i].text);
	return mix_text(hash, NULL);
}

uint32_t command_hash(const struct script *script)
{
	const struct table_service *row = &script->row;
	const uint8_t bytes[] = { row->type, row->ready, row->ready_fd,
				  !!(row->flags & TABLE_NOTIFY), !!(row->flags & TABLE_GROUP) };
	uint32_t hash = mix(0x811c9dc5, bytes, sizeof(bytes));

	hash = mix_list(hash, &script->start);
	hash = mix_list(hash, &script->probe);
	hash = mix_text(hash, script->tty);
	for (int shift = 0; shift < 32; shift += 8) {
		uint8_t byte = (uint8_t)(row->watchdog_ms >> shift);

		hash = mix(hash, &byte, 1);
	}
	return hash;
}
