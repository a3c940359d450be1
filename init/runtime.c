#include "runtime.h"

#include "clock.h"
#include "message.h"
#include "power.h"
#include "reap.h"
#include "signals.h"
#include "unmount.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

enum {
	REAP_BATCH = 256, /* orphans reaped before time and signals get their turn */
	DRAIN_MS = 500,
	FLUSH_MS = 50,
	EMERGENCY_MS = 300, /* the kernel tells nobody when SysRq's work is done */
};

void runtime_say(struct runtime *rt, bool trouble, struct text *line)
{
	text_end(line);
	if (trouble || !rt->words.quiet)
		console_write(&rt->console, line->buf, line->len, clock_ms());
}

/* --- names --------------------------------------------------------------- */

static const char *console_name(const struct runtime *rt, uint32_t unit)
{
	return rt->consoles.name[unit - rt->engine.n_scripts];
}

static const char *unit_name(const struct runtime *rt, uint32_t unit)
{
	if (unit < rt->engine.n_scripts)
		return names_get(&rt->names, unit);
	if (unit < rt->engine.n_scripts + rt->engine.n_consoles)
		return console_name(rt, unit);
	return unit == engine_rescue(&rt->engine) ? "rescue shell" : "?";
}

/* --- spawning ------------------------------------------------------------ */

static enum fault fault_of(int stage, int err)
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

static void queue(struct runtime *rt, const struct event *event)
{
	if (rt->n_events < RUNTIME_EVENTS)
		rt->events[rt->n_events++] = *event;
}

static void spawn_result(struct runtime *rt, uint32_t unit, int32_t pid)
{
	struct event event = { .kind = EVENT_SPAWNED, .unit = unit, .pid = pid };

	if (pid < 0) {
		event.kind = EVENT_SPAWN_FAILED;
		event.pid = 0;
		event.ending.how = HOW_FAULT;
		event.ending.fault = fault_of(SPAWN_EXEC, -pid);
		event.ending.number = -pid;
	}
	queue(rt, &event);
}

/* A virtual terminal of the kernel's is a "linux" one; a serial line what the
 * kernel was told, or the least that all terminal programs know. */
static const char *term_of(const struct runtime *rt, const char *tty)
{
	bool virtual = strncmp(tty, "tty", 3) == 0 && tty[3] >= '0' && tty[3] <= '9';

	if (virtual)
		return "linux";
	return strcmp(rt->term, "linux") == 0 ? "vt102" : rt->term;
}

static void spawn_unit(struct runtime *rt, uint32_t unit, enum verb verb)
{
	char path[sizeof("/etc/rc.d/") + 256] = "/etc/rc.d/";
	char term_env[sizeof("TERM=") + RUNTIME_TERM] = "TERM=";
	const char *tty = NULL;
	const char *term = rt->term;

	if (verb == VERB_LOGIN)
		tty = console_name(rt, unit);
	else if (verb == VERB_SHELL) /* the last one is the kernel's favourite */
		tty = rt->consoles.name[rt->consoles.n - 1];
	if (tty)
		term = term_of(rt, tty);
	strncat(term_env, term, RUNTIME_TERM);
	if (unit < rt->engine.n_scripts)
		strncat(path, names_get(&rt->names, unit), 255);

	const char *const envp[] = {
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"HOME=/",
		term_env,
		NULL,
	};
	const char *const script[] = { path, verb == VERB_STOP ? "stop" : "start", NULL };
	/* The call that inittabs make: "-" is the terminal that is open already. */
	const char *const getty[] = { "/sbin/getty", "-L", "-", "0", term, NULL };
	const char *const login[] = { "/bin/login", NULL };
	const char *const shell[] = { "/bin/sh", NULL };
	const struct spawn spawn = {
		.argv = verb == VERB_LOGIN   ? getty
			: verb == VERB_SHELL ? shell
					     : script,
		.instead = verb == VERB_LOGIN ? login : NULL,
		.envp = envp,
		.tty = tty,
		.fault = rt->faults ? &rt->faults[unit] : NULL,
	};

	spawn_result(rt, unit, spawn_program(&spawn));
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

	text_init(&line, buf, sizeof(buf));
	text_str(&line, "tinyinit: ");
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
		signals_wait(EMERGENCY_MS);
	}
	err = power_reboot(power_cmd(helper->power));
	if (err && helper->rt->machine)
		power_emergency_reset(power_cmd(helper->power));
	return -err;
}

static void help(struct runtime *rt, const struct action *action)
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
	spawn_result(rt, ENGINE_HELPER, pid);
}

/* --- actions ------------------------------------------------------------- */

static void signal_group(int32_t pid, enum sign sign)
{
	static const int signals[] = {
		[SIGN_TERM] = SIGTERM,
		[SIGN_KILL] = SIGKILL,
		[SIGN_HUP] = SIGHUP,
	};

	if (pid <= 1)
		return;
	/* The child may not have come to its setsid(2) yet. */
	if (kill(-pid, signals[sign]) < 0)
		(void)kill(pid, signals[sign]);
	if (sign == SIGN_HUP) /* those that were stopped are to hear it too */
		(void)kill(-pid, SIGCONT);
}

static void say(struct runtime *rt, const struct action *action)
{
	char buf[RUNTIME_LINE];
	struct text line;

	text_init(&line, buf, sizeof(buf));
	message_format(&line, action, unit_name(rt, action->unit));
	runtime_say(rt, message_is_trouble(action->message), &line);
}

static void last_resort(struct runtime *rt, const struct action *action)
{
	struct helper helper = { .rt = rt, .power = action->power };

	(void)help_reboot(&helper);
}

static void perform(struct runtime *rt, const struct action *action)
{
	switch (action->kind) {
	case ACTION_SPAWN:
		spawn_unit(rt, action->unit, action->verb);
		break;
	case ACTION_KILL:
		signal_group(action->pid, action->sign);
		break;
	case ACTION_TERM_ALL:
	case ACTION_KILL_ALL:
	case ACTION_FINISH:
	case ACTION_REBOOT:
		help(rt, action);
		break;
	case ACTION_LAST:
		last_resort(rt, action);
		break;
	case ACTION_SAY:
		say(rt, action);
		break;
	}
}

/* Feed one event, and then all that follow from it. */
static void feed(struct runtime *rt, const struct event *event)
{
	struct event next = *event;

	for (;;) {
		engine_step(&rt->engine, &next, clock_ms(), &rt->actions);
		for (uint32_t i = 0; i < rt->actions.n; i++)
			perform(rt, &rt->actions.at[i]);
		if (!rt->n_events)
			return;
		next = rt->events[0];
		rt->n_events--;
		memmove(rt->events, rt->events + 1, rt->n_events * sizeof(rt->events[0]));
	}
}

/* --- facts --------------------------------------------------------------- */

static void take_signals(struct runtime *rt)
{
	struct signal_note note;

	while (signals_take(&note)) {
		struct event event = {
			.kind = EVENT_REQUEST,
			.pid = note.pid,
			.uid = note.uid,
			.ending = { .how = HOW_SIGNAL, .number = note.signal },
		};

		/* What busybox and toybox mean by their signals; Ctrl-Alt-Del is INT. */
		if (note.signal == SIGUSR1)
			event.power = POWER_HALT;
		else if (note.signal == SIGUSR2 || note.signal == SIGPWR)
			event.power = POWER_OFF;
		else if (note.signal == SIGTERM || note.signal == SIGINT)
			event.power = POWER_REBOOT;
		feed(rt, &event);
	}
}

static void say_orphan(struct runtime *rt, const struct reaped *reaped, const struct ending *ending)
{
	char buf[RUNTIME_LINE];
	struct text line;

	if (!rt->words.debug)
		return;
	text_init(&line, buf, sizeof(buf));
	text_str(&line, "tinyinit: debug: reaped orphan pid ");
	text_int(&line, reaped->pid);
	text_str(&line, ": ");
	message_ending(&line, ending);
	runtime_say(rt, true, &line);
}

static void take_end(struct runtime *rt, const struct reaped *reaped)
{
	struct event event = {
		.kind = EVENT_EXITED,
		.unit = engine_find(&rt->engine, reaped->pid),
		.pid = reaped->pid,
		.ending = {
			.how = reaped->by_signal ? HOW_SIGNAL : HOW_EXIT,
			.number = reaped->number,
		},
	};

	if (event.unit == ENGINE_NONE) {
		say_orphan(rt, reaped, &event.ending);
		return;
	}
	if (event.unit != ENGINE_HELPER && rt->faults) {
		const struct spawn_fault *fault = &rt->faults[event.unit];

		if (fault->stage != SPAWN_FINE) {
			event.ending.how = HOW_FAULT;
			event.ending.fault = fault_of(fault->stage, fault->err);
			event.ending.number = fault->err;
		}
	}
	feed(rt, &event);
}

/* Returns whether more may be waiting. */
static bool take_children(struct runtime *rt)
{
	const struct event childless = { .kind = EVENT_CHILDLESS };
	struct reaped reaped;
	int got = 1;

	for (int i = 0; i < REAP_BATCH; i++) {
		got = reap_next(&reaped);
		if (got <= 0)
			break;
		take_end(rt, &reaped);
	}
	if (got < 0 && engine_wants_childless(&rt->engine))
		feed(rt, &childless);
	return got > 0;
}

static int64_t time_left(struct runtime *rt)
{
	uint64_t now_ms = clock_ms();
	uint64_t due_ms = engine_due(&rt->engine);
	uint64_t console_ms = console_due(&rt->console);

	if (console_ms && (!due_ms || console_ms < due_ms))
		due_ms = console_ms;
	if (!due_ms)
		return -1;
	return due_ms > now_ms ? (int64_t)(due_ms - now_ms) : 0;
}

static void take_time(struct runtime *rt)
{
	const struct event passed = { .kind = EVENT_TIME };
	uint64_t due_ms = engine_due(&rt->engine);
	uint64_t now_ms = clock_ms();

	if (due_ms && due_ms <= now_ms)
		feed(rt, &passed);
	console_flush(&rt->console, now_ms);
}

void runtime_run(struct runtime *rt)
{
	const struct event begin = { .kind = EVENT_BEGIN };

	feed(rt, &begin);
	for (;;) {
		bool more;

		take_signals(rt);
		more = take_children(rt);
		take_time(rt);
		signals_wait(more ? 0 : time_left(rt));
	}
}
