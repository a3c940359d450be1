#include "runtime.h"

#include "clock.h"
#include "message.h"
#include "reap.h"
#include "signals.h"

#include <signal.h>

enum {
	REAP_BATCH = 256, /* orphans reaped before time and signals get their turn */
	NOTICE_BATCH = 64,
};

void runtime_say(struct runtime *rt, bool trouble, struct text *line)
{
	text_end(line);
	if (trouble || !rt->words.quiet)
		console_write(&rt->console, line->buf, line->len, clock_ms());
}

void runtime_line(struct text *line, char *buf, size_t cap)
{
	text_init(line, buf, cap);
	text_str(line, "tinyinit: ");
}

void runtime_queue(struct runtime *rt, const struct event *event)
{
	uint32_t at = rt->first_event + rt->n_events;

	if (rt->n_events == RUNTIME_EVENTS) {
		rt->engine->impossible++; /* there is room for all of a step's */
		return;
	}
	rt->events[at % RUNTIME_EVENTS] = *event;
	rt->n_events++;
}

/* --- actions ------------------------------------------------------------- */

static const char *unit_name(const struct runtime *rt, uint32_t unit)
{
	if (unit < rt->engine->n)
		return table_name(&rt->tables.table, unit);
	if (unit >= ENGINE_LOGIN && unit < ENGINE_LOGIN + rt->consoles.n)
		return rt->consoles.name[unit - ENGINE_LOGIN];
	return unit == ENGINE_RESCUE ? "rescue shell" : "?";
}

static void say(struct runtime *rt, const struct action *action)
{
	const struct table *table = &rt->tables.table;
	const char *name = unit_name(rt, action->unit);
	const char *other = unit_name(rt, action->other);
	char buf[RUNTIME_LINE];
	struct text line;

	if (action->message == MESSAGE_BAD) {
		name = table_text(table, table->services[action->unit].file);
		other = table_text(table, table->services[action->unit].fault);
	}
	text_init(&line, buf, sizeof(buf));
	message_format(&line, action, name, other);
	runtime_say(rt, message_is_trouble(action->message), &line);
}

static void perform(struct runtime *rt, const struct action *action)
{
	switch (action->kind) {
	case ACTION_SPAWN:
		runtime_spawn(rt, action);
		break;
	case ACTION_KILL:
		runtime_kill(rt, action);
		break;
	case ACTION_SWEEP:
		runtime_sweep(rt, action);
		break;
	case ACTION_LOAD:
		runtime_load(rt, action->failed);
		break;
	case ACTION_SWAP:
		runtime_swap(rt);
		break;
	case ACTION_TERM_ALL:
	case ACTION_KILL_ALL:
	case ACTION_FINISH:
	case ACTION_REBOOT:
		runtime_help(rt, action);
		break;
	case ACTION_LAST:
		runtime_last_resort(rt, action);
		break;
	case ACTION_SAY:
		say(rt, action);
		break;
	}
}

static void step(struct runtime *rt, const struct event *event)
{
	engine_step(rt->engine, &rt->tables, event, clock_ms(), &rt->actions);
	for (uint32_t i = 0; i < rt->actions.n; i++)
		perform(rt, &rt->actions.at[i]);
}

/* Feed what waits, and then all that follows from it. */
static void feed_queue(struct runtime *rt)
{
	while (rt->n_events) {
		struct event next = rt->events[rt->first_event];

		rt->first_event = (rt->first_event + 1) % RUNTIME_EVENTS;
		rt->n_events--;
		step(rt, &next);
	}
}

static void feed(struct runtime *rt, const struct event *event)
{
	step(rt, event);
	feed_queue(rt);
}

/* --- facts --------------------------------------------------------------- */

/* What busybox and toybox mean by their signals; Ctrl-Alt-Del is INT. */
static enum power meaning(int signal)
{
	switch (signal) {
	case SIGUSR1:
		return POWER_HALT;
	case SIGUSR2:
	case SIGPWR:
		return POWER_OFF;
	case SIGTERM:
	case SIGINT:
		return POWER_REBOOT;
	default:
		return POWER_NONE;
	}
}

static void take_signals(struct runtime *rt)
{
	struct signal_note note;

	while (signals_take(&note)) {
		const struct event event = {
			.kind = note.signal == SIGHUP ? EVENT_RELOAD : EVENT_REQUEST,
			.pid = note.pid,
			.uid = note.uid,
			.ending = { .how = HOW_SIGNAL, .number = note.signal },
			.power = meaning(note.signal),
		};

		feed(rt, &event);
	}
}

static void say_orphan(struct runtime *rt, const struct reaped *reaped, const struct ending *ending)
{
	char buf[RUNTIME_LINE];
	struct text line;

	if (!rt->words.debug)
		return;
	runtime_line(&line, buf, sizeof(buf));
	text_str(&line, "debug: reaped orphan pid ");
	text_int(&line, reaped->pid);
	text_str(&line, ": ");
	message_ending(&line, ending);
	runtime_say(rt, true, &line);
}

static void take_end(struct runtime *rt, const struct reaped *reaped)
{
	struct event event = {
		.kind = EVENT_EXITED,
		.pid = reaped->pid,
		.ending = {
			.how = reaped->by_signal ? HOW_SIGNAL : HOW_EXIT,
			.number = reaped->number,
		},
	};

	event.unit = engine_find(rt->engine, reaped->pid, &event.role);
	if (event.unit == ENGINE_NONE)
		say_orphan(rt, reaped, &event.ending);
	else
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
	if (got < 0 && engine_wants_childless(rt->engine))
		feed(rt, &childless);
	return got > 0;
}

static int64_t time_left(struct runtime *rt)
{
	uint64_t now_ms = clock_ms();
	uint64_t due_ms = engine_due(rt->engine);
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
	uint64_t due_ms = engine_due(rt->engine);
	uint64_t now_ms = clock_ms();

	if (due_ms && due_ms <= now_ms)
		feed(rt, &passed);
	console_flush(&rt->console, now_ms);
}

/*
 * All that there are, within reason, before anybody who sent one is reaped.  One
 * by one, for a reload that is done in between gives the services other numbers.
 */
static void take_notices(struct runtime *rt)
{
	for (int i = 0; i < NOTICE_BATCH && runtime_take_notice(rt); i++)
		feed_queue(rt);
}

void runtime_run(struct runtime *rt)
{
	const struct event begin = { .kind = EVENT_BEGIN };

	feed(rt, &begin);
	for (;;) {
		bool more;

		take_signals(rt);
		take_notices(rt);
		more = take_children(rt);
		take_time(rt);
		signals_wait(rt->loop, more ? 0 : time_left(rt));
	}
}
