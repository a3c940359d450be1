/*
 * board: an engine with its tables and what performs its actions, for stories
 * about the whole board.
 *
 * It does what the runtime does, without a kernel: every spawn is answered at
 * once, in order, by an event (a new pid, or the fault that the story wants), a
 * table is there when the story has made one, and all actions are kept in a log.
 * After each step it checks what must hold at any time.
 */
#ifndef TINYINIT_TEST_BOARD_H
#define TINYINIT_TEST_BOARD_H

#include "check.h"
#include "engine.h"
#include "rows.h"

enum {
	BOARD_LOG = 65536,
	BOARD_SPINS = 4 * TABLE_SERVICES, /* more events at one moment are a busy loop */
	BOARD_EVENTS = 2 * ACTIONS_CAP,   /* as many as the runtime has room for */
	PATIENCE_MS = 5000,
	START_TIMEOUT_MS = 30000,
	STOP_TIMEOUT_MS = 10000,
	SHUTDOWN_MS = 20000,
};

struct board_entry {
	uint64_t at_ms;
	struct action action;
};

struct board {
	struct engine engine;
	struct engine_tables tables;
	struct rows *next; /* what a compiler would make of the scripts; NULL: nothing */
	struct actions actions;
	uint64_t now_ms;
	int32_t last_pid;
	uint32_t expected_impossible;
	/* What a spawn comes to; NULL, and FAULT_NONE: it comes off. */
	enum fault (*fork)(const struct action *action);
	bool no_helper; /* it cannot be made */
	bool stuck;     /* spawns are not answered before board_answer() */
	uint32_t n_events;
	struct event events[BOARD_EVENTS];
	uint32_t n_log;
	struct board_entry log[BOARD_LOG];
};

/* --- what must hold at any time -------------------------------------------------- */

static inline uint64_t board_due_slowly(const struct board *b)
{
	const struct engine *e = &b->engine;
	uint64_t times[4] = { e->phase_due_ms, e->helper_due_ms, e->compile_due_ms, 0 };
	uint64_t due_ms = 0;

	for (int i = 0; i < 4; i++)
		if (times[i] && (!due_ms || times[i] < due_ms))
			due_ms = times[i];
	if (e->phase > PHASE_STOP)
		return due_ms;
	for (uint32_t i = 0; i < e->n + CONSOLES_CAP + 1; i++) {
		uint64_t ms = i < e->n ? e->services[i].due_ms : e->logins[i - e->n].due_ms;

		if (ms && (!due_ms || ms < due_ms))
			due_ms = ms;
	}
	return due_ms;
}

static inline void board_check(struct board *b)
{
	uint64_t due_ms = engine_due(&b->engine);

	assert_int_equal(b->engine.impossible, b->expected_impossible);
	assert_int_equal(b->engine.turns % 2, 0);
	assert_true(b->actions.n < ACTIONS_CAP);
	if (due_ms != 1)
		assert_int_equal(due_ms, board_due_slowly(b));
}

/* --- one event, and all that it leads to ----------------------------------------- */

static inline void board_queue(struct board *b, struct event event)
{
	assert_true(b->n_events < BOARD_EVENTS);
	b->events[b->n_events++] = event;
}

static inline void board_spawn(struct board *b, const struct action *action)
{
	enum fault fault = b->fork ? b->fork(action) : FAULT_NONE;
	bool control = action->unit < ENGINE_LOGIN && action->verb != VERB_START;
	struct event event = { .kind = EVENT_SPAWNED,
			       .unit = action->unit,
			       .role = control ? ROLE_CONTROL : ROLE_MAIN };

	if (fault) {
		event.kind = EVENT_SPAWN_FAILED;
		event.ending = (struct ending){ HOW_FAULT, (uint8_t)fault, 11 };
	} else {
		event.pid = ++b->last_pid;
	}
	board_queue(b, event);
}

static inline void board_perform(struct board *b, const struct action *action)
{
	switch (action->kind) {
	case ACTION_SPAWN:
		board_spawn(b, action);
		break;
	case ACTION_TERM_ALL:
	case ACTION_KILL_ALL:
	case ACTION_FINISH:
	case ACTION_REBOOT: {
		struct action helper = *action;

		helper.verb = VERB_START;
		if (b->no_helper)
			board_queue(b, (struct event){ .kind = EVENT_SPAWN_FAILED,
						       .unit = ENGINE_HELPER,
						       .ending = { HOW_FAULT, FAULT_AGAIN, 11 } });
		else
			board_spawn(b, &helper);
		break;
	}
	case ACTION_LOAD:
		if (b->next)
			b->tables.next = rows_make(b->next);
		board_queue(b, (struct event){ .kind = b->next ? EVENT_TABLE : EVENT_NO_TABLE });
		b->next = NULL;
		break;
	case ACTION_SWAP:
		assert_non_null(b->tables.next.header);
		b->tables.table = b->tables.next;
		memset(&b->tables.next, 0, sizeof(b->tables.next));
		break;
	case ACTION_KILL:
		assert_true(action->pid > 0);
		break;
	case ACTION_SWEEP:
	case ACTION_LAST:
	case ACTION_SAY:
		break;
	}
}

static inline void board_one(struct board *b, const struct event *event)
{
	engine_step(&b->engine, &b->tables, event, b->now_ms, &b->actions);
	board_check(b);
	for (uint32_t i = 0; i < b->actions.n; i++) {
		assert_true(b->n_log < BOARD_LOG);
		b->log[b->n_log++] = (struct board_entry){ b->now_ms, b->actions.at[i] };
		board_perform(b, &b->actions.at[i]);
	}
}

/* Let everything happen that wants to happen now. */
static inline void board_settle(struct board *b)
{
	const struct event time = { .kind = EVENT_TIME };

	for (uint32_t spins = 0;; spins++) {
		uint64_t due_ms = engine_due(&b->engine);

		if (spins > BOARD_SPINS)
			fail_msg("a busy loop in phase %d", b->engine.phase);
		if (b->n_events && !b->stuck) {
			struct event event = b->events[0];

			b->n_events--;
			memmove(&b->events[0], &b->events[1], b->n_events * sizeof(event));
			board_one(b, &event);
		} else if (due_ms && due_ms <= b->now_ms) {
			board_one(b, &time);
		} else {
			break;
		}
	}
}

static inline void board_feed(struct board *b, struct event event)
{
	board_one(b, &event);
	board_settle(b);
}

static inline void board_answer(struct board *b)
{
	b->stuck = false;
	board_settle(b);
}

/* --- events -------------------------------------------------------------------------- */

/* rows NULL: there is no table yet. */
static inline void board_init(struct board *b, struct rows *rows, uint32_t n_consoles)
{
	const struct engine_options options = {
		.patience_ms = PATIENCE_MS,
		.start_timeout_ms = START_TIMEOUT_MS,
		.shutdown_timeout_ms = SHUTDOWN_MS,
		.n_consoles = n_consoles,
	};

	memset(b, 0, offsetof(struct board, log));
	b->now_ms = 1000;
	b->last_pid = 100;
	engine_init(&b->engine, &options);
	if (rows)
		b->tables.table = rows_make(rows);
}

static inline void board_begin(struct board *b)
{
	board_feed(b, (struct event){ .kind = EVENT_BEGIN });
}

/* Time passes, and whatever falls due on the way happens when it is due. */
static inline void board_wait(struct board *b, uint64_t ms)
{
	uint64_t end_ms = b->now_ms + ms;

	for (;;) {
		uint64_t due_ms = engine_due(&b->engine);

		if (!due_ms || due_ms > end_ms)
			break;
		if (due_ms > b->now_ms)
			b->now_ms = due_ms;
		board_settle(b);
	}
	b->now_ms = end_ms;
}

static inline struct service *service_of(struct board *b, uint32_t i)
{
	assert_true(i < b->engine.n);
	return &b->engine.services[i];
}

static inline struct login *login_of(struct board *b, uint32_t unit)
{
	return &b->engine.logins[unit - ENGINE_LOGIN];
}

/* The pid of a process that is there now; clears what the caller will report. */
static inline void board_end(struct board *b, uint32_t unit, enum role role, enum how how,
			     int number)
{
	board_feed(b, (struct event){ .kind = EVENT_EXITED,
				      .unit = unit,
				      .role = role,
				      .ending = { (uint8_t)how, FAULT_NONE, number } });
}

static inline void board_exit(struct board *b, uint32_t unit, int code)
{
	if (unit < ENGINE_LOGIN)
		assert_true(service_of(b, unit)->main > 0);
	board_end(b, unit, ROLE_MAIN, HOW_EXIT, code);
}

static inline void board_killed(struct board *b, uint32_t unit, int signal)
{
	if (unit < ENGINE_LOGIN)
		assert_true(service_of(b, unit)->main > 0);
	board_end(b, unit, ROLE_MAIN, HOW_SIGNAL, signal);
}

static inline void board_control_exit(struct board *b, uint32_t unit, int code)
{
	assert_true(service_of(b, unit)->control > 0);
	board_end(b, unit, ROLE_CONTROL, HOW_EXIT, code);
}

static inline void board_command(struct board *b, uint32_t unit, enum command command)
{
	board_feed(b, (struct event){ .kind = EVENT_COMMAND, .unit = unit, .command = command });
}

static inline void board_request(struct board *b, enum power power)
{
	board_feed(b, (struct event){ .kind = EVENT_REQUEST,
				      .power = power,
				      .pid = 57,
				      .uid = 7,
				      .ending = { HOW_SIGNAL, FAULT_NONE, 12 } });
}

/* The scripts are read again, and become these rows; NULL: nothing sound. */
static inline void board_reload(struct board *b, struct rows *next)
{
	board_feed(b, (struct event){ .kind = EVENT_RELOAD });
	if (b->engine.compile != COMPILE_RUNNING)
		return;
	b->next = next;
	board_exit(b, ENGINE_COMPILER, 0);
}

static inline void board_childless(struct board *b)
{
	board_feed(b, (struct event){ .kind = EVENT_CHILDLESS });
}

/* --- what came of it ------------------------------------------------------------------ */

static inline uint32_t count_kind(const struct board *b, enum action_kind kind)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < b->n_log; i++)
		n += b->log[i].action.kind == kind;
	return n;
}

static inline uint32_t count_said(const struct board *b, enum message message)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < b->n_log; i++)
		n += b->log[i].action.kind == ACTION_SAY && b->log[i].action.message == message;
	return n;
}

static inline uint32_t count_spawns(const struct board *b, uint32_t unit, enum verb verb)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < b->n_log; i++)
		n += b->log[i].action.kind == ACTION_SPAWN && b->log[i].action.unit == unit &&
		     b->log[i].action.verb == verb;
	return n;
}

static inline const struct board_entry *last_of(const struct board *b, enum action_kind kind)
{
	for (uint32_t i = b->n_log; i > 0; i--)
		if (b->log[i - 1].action.kind == kind)
			return &b->log[i - 1];
	fail_msg("no action of kind %d", kind);
	return NULL;
}

static inline const struct action *last_said(const struct board *b, enum message message)
{
	for (uint32_t i = b->n_log; i > 0; i--)
		if (b->log[i - 1].action.kind == ACTION_SAY &&
		    b->log[i - 1].action.message == message)
			return &b->log[i - 1].action;
	fail_msg("message %d was not said", message);
	return NULL;
}

/* Forget what was done so far. */
static inline void board_clear(struct board *b)
{
	b->n_log = 0;
}

#define assert_phase(b, expected) assert_int_equal((b)->engine.phase, expected)
#define assert_service(b, i, expected) assert_int_equal(service_of(b, i)->state, expected)

/* Each by its letter: '.' down, 'w'aiting, 'o'utside, 's'tarting, 'U'p, ... */
static inline const char *board_states(struct board *b)
{
	static const char letters[N_SERVICE_STATES + 1] = ".wopsURKFB";
	static char buf[TABLE_SERVICES + 1];

	for (uint32_t i = 0; i < b->engine.n; i++)
		buf[i] = letters[b->engine.services[i].state];
	buf[b->engine.n] = '\0';
	return buf;
}

#endif
