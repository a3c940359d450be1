#include "runtime.h"

#include "group.h"
#include "place.h"
#include "power.h"
#include "signals.h"
#include "unmount.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

enum {
	DRAIN_MS = 500,
	FLUSH_MS = 50,
	EMERGENCY_MS = 300, /* the kernel tells nobody when SysRq's work is done */
};

static uint8_t fault_of(int stage, int err)
{
	switch (err) {
	case EAGAIN:
	case ENOMEM:
	case EMFILE:
	case ENFILE:
	case ENOSPC:
	case ETXTBSY:
		return FAULT_AGAIN;
	default:
		break;
	}
	if (stage == SPAWN_TTY)
		return FAULT_NO_TTY;
	switch (err) {
	case ENOENT:
	case ENOTDIR:
	case ELOOP:
		return FAULT_NOT_FOUND;
	case EACCES:
	case EPERM:
		return FAULT_DENIED;
	case ENOEXEC:
		return FAULT_NO_PROGRAM;
	default:
		return FAULT_OTHER;
	}
}

static void result(struct runtime *rt, const struct action *action, int32_t pid, int stage)
{
	struct event event = { .kind = EVENT_SPAWNED, .unit = action->unit, .pid = pid };

	if (action->unit < ENGINE_LOGIN && action->verb != VERB_START)
		event.role = ROLE_CONTROL;
	if (pid < 0) {
		event.kind = EVENT_SPAWN_FAILED;
		event.pid = 0;
		event.ending.how = HOW_FAULT;
		event.ending.fault = fault_of(stage, -pid);
		event.ending.number = -pid;
	}
	runtime_queue(rt, &event);
}

/* --- programs ------------------------------------------------------------ */

/* A virtual terminal of the kernel's is a "linux" one; a serial line what the
 * kernel was told, or the least that all terminal programs know. */
static const char *term_of(const struct runtime *rt, const char *tty)
{
	bool virtual = strncmp(tty, "tty", 3) == 0 && tty[3] >= '0' && tty[3] <= '9';

	if (virtual)
		return "linux";
	return strcmp(rt->term, "linux") == 0 ? "vt102" : rt->term;
}

/* Which command of a service, and what goes with it. */
static void fill_service(struct runtime *rt, const struct action *action, struct spawn *spawn,
			 const char **argv)
{
	const struct table *table = &rt->tables.table;
	const struct table_service *t = &table->services[action->unit];
	const uint32_t lists[] = {
		[VERB_START] = t->start, [VERB_WAIT] = t->wait,     [VERB_PROBE] = t->probe,
		[VERB_STOP] = t->stop,   [VERB_RELOAD] = t->reload,
	};

	(void)table_argv(table, lists[action->verb], argv, TABLE_ARGS);
	spawn->argv = argv;
	if (rt->groups)
		spawn->group_fd = group_open(table_name(table, action->unit));
	/* A group may be throttled, and PID 1 waits for the exec: rcexec joins it. */
	if ((t->flags & TABLE_GROUP) && spawn->group_fd >= 0) {
		close(spawn->group_fd);
		spawn->group_fd = -1;
	}
	if (action->verb != VERB_START)
		return;
	if (t->tty)
		spawn->tty = table_text(table, t->tty);
	if (t->ready_fd) {
		spawn->ready_fd = t->ready_fd;
		spawn->notify_fd = runtime_ready_pipe(rt);
	}
}

static void run(struct runtime *rt, const struct action *action, struct spawn *spawn,
		bool notify_env)
{
	char term_env[sizeof("TERM=") + RUNTIME_TERM] = "TERM=";
	const char *const envp[] = {
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"HOME=/",
		term_env,
		notify_env ? "NOTIFY_SOCKET=" PLACE_NOTIFY : NULL,
		NULL,
	};
	int32_t pid;

	strncat(term_env, spawn->tty ? term_of(rt, spawn->tty) : rt->term, RUNTIME_TERM);
	spawn->envp = envp;
	/* Without its pipe it could never become ready. */
	pid = spawn->ready_fd >= 0 && spawn->notify_fd < 0 ? -EMFILE : spawn_program(spawn);
	runtime_ready_watch(rt, pid);
	if (spawn->group_fd >= 0)
		close(spawn->group_fd);
	if (spawn->notify_fd >= 0)
		close(spawn->notify_fd);
	result(rt, action, pid, spawn->fault->stage);
}

void runtime_spawn(struct runtime *rt, const struct action *action)
{
	const char *const compile[] = {
		PLACE_RCC, "compile", "-o", PLACE_RUN_TABLE, "--keep", rt->path, NULL,
	};
	static const char *const login[] = { "/bin/login", NULL };
	static const char *const shell[] = { "/bin/sh", NULL };
	const char *argv[TABLE_ARGS];
	struct spawn_fault fault = { .err = 0 };
	struct spawn spawn = { .notify_fd = -1, .group_fd = -1, .ready_fd = -1, .fault = &fault };
	bool notify_env = false;

	switch (action->verb) {
	case VERB_COMPILE:
		spawn.argv = compile;
		break;
	case VERB_SHELL: /* the last one is the kernel's favourite */
		spawn.tty = rt->consoles.name[rt->consoles.n - 1];
		spawn.argv = shell;
		break;
	case VERB_LOGIN:
		spawn.tty = rt->consoles.name[action->unit - ENGINE_LOGIN];
		/* The call that inittabs make: "-" is the terminal that is open already. */
		argv[0] = "/sbin/getty";
		argv[1] = "-L";
		argv[2] = "-";
		argv[3] = "0";
		argv[4] = term_of(rt, spawn.tty);
		argv[5] = NULL;
		spawn.argv = argv;
		spawn.instead = login;
		break;
	case VERB_START:
	case VERB_WAIT:
	case VERB_PROBE:
	case VERB_STOP:
	case VERB_RELOAD:
		fill_service(rt, action, &spawn, argv);
		notify_env = rt->tables.table.services[action->unit].flags & TABLE_NOTIFY;
		break;
	}
	run(rt, action, &spawn, notify_env);
}

/* --- signals ------------------------------------------------------------- */

void runtime_kill(struct runtime *rt, const struct action *action)
{
	(void)rt;
	if (action->pid <= 1)
		return;
	/* A daemon that has forked away need not lead a group. */
	if (kill(-action->pid, action->signal) < 0)
		(void)kill(action->pid, action->signal);
	/* Those that were stopped are to hear it too. */
	if (action->signal != SIGKILL)
		(void)kill(-action->pid, SIGCONT);
}

void runtime_sweep(struct runtime *rt, const struct action *action)
{
	const char *name = table_name(&rt->tables.table, action->unit);

	/* Its number is not given away while the group has a member (kernel/pid.c). */
	if (action->pid > 1)
		(void)kill(-action->pid, SIGKILL);
	if (!rt->groups)
		return;
	if (group_remove(name) < 0)
		(void)group_kill(name);
}

/* --- the helper: everything that may hang -------------------------------- */

struct helper {
	struct runtime *rt;
	enum power power;
};

static enum power_cmd power_cmd(enum power power)
{
	return power == POWER_OFF    ? POWER_CMD_OFF
	       : power == POWER_HALT ? POWER_CMD_HALT
				     : POWER_CMD_REBOOT;
}

static void say_left(void *ctx, const char *path, int err)
{
	char buf[RUNTIME_LINE];
	struct text line;

	runtime_line(&line, buf, sizeof(buf));
	text_safe(&line, path, 255);
	text_str(&line, ": neither unmounted nor read-only: ");
	text_error(&line, err);
	runtime_say(ctx, true, &line);
}

static int help_term(void *arg)
{
	(void)arg;
	power_signal_all(false);
	return 0;
}

static int help_kill(void *arg)
{
	(void)arg;
	power_signal_all(true);
	return 0;
}

static int help_finish(void *arg)
{
	const struct helper *helper = arg;

	if (helper->rt->console.len) /* an unmount that hangs must not keep it */
		console_drain(&helper->rt->console, FLUSH_MS);
	unmount_swap();
	sync();
	unmount_all(say_left, helper->rt);
	sync();
	console_drain(&helper->rt->console, DRAIN_MS);
	return -power_reboot(power_cmd(helper->power));
}

static int help_reboot(void *arg)
{
	const struct helper *helper = arg;
	int err;

	if (helper->rt->machine) {
		power_emergency_sync();
		signals_wait(-1, EMERGENCY_MS);
	}
	err = power_reboot(power_cmd(helper->power));
	if (err && helper->rt->machine)
		power_emergency_reset(power_cmd(helper->power));
	return -err;
}

void runtime_help(struct runtime *rt, const struct action *action)
{
	static int (*const jobs[])(void *) = {
		[ACTION_TERM_ALL] = help_term,
		[ACTION_KILL_ALL] = help_kill,
		[ACTION_FINISH] = help_finish,
		[ACTION_REBOOT] = help_reboot,
	};
	struct helper helper = { .rt = rt, .power = action->power };
	int32_t pid = spawn_call(jobs[action->kind], &helper);

	/* These two never block, and make room for the fork of the others. */
	if (pid < 0 && (action->kind == ACTION_TERM_ALL || action->kind == ACTION_KILL_ALL))
		power_signal_all(action->kind == ACTION_KILL_ALL);
	/* Its copy of the ring is the one that is printed: nothing twice. */
	if (pid > 0 && action->kind == ACTION_FINISH)
		rt->console.len = 0;
	result(rt, action, pid, SPAWN_EXEC);
}

void runtime_last_resort(struct runtime *rt, const struct action *action)
{
	struct helper helper = { .rt = rt, .power = action->power };

	(void)help_reboot(&helper);
}
