#include "engine_turn.h"

#include <string.h>

enum {
	COMPILE_MS = 30000, /* the longest that rcc may take */
	COMPILE_RETRY_MS = 500,
};

static struct action *compile_state(struct engine_turn *turn, enum compile_state state,
				    enum action_kind kind)
{
	turn->engine->compile = state;
	turn->engine->compile_due_ms = 0;
	return action_add(turn->actions, kind, ENGINE_COMPILER);
}

void engine_compile(struct engine_turn *turn)
{
	compile_state(turn, COMPILE_SPAWNING, ACTION_SPAWN)->verb = VERB_COMPILE;
}

void engine_reload(struct engine_turn *turn)
{
	if (turn->engine->phase >= PHASE_STOP)
		return;
	if (turn->engine->compile == COMPILE_IDLE)
		engine_compile(turn);
	else
		turn->engine->reload_asked = true;
}

/* It came to nothing; but it may have been asked for again meanwhile. */
static void compile_over(struct engine_turn *turn)
{
	turn->engine->compile = COMPILE_IDLE;
	if (!turn->engine->reload_asked)
		return;
	turn->engine->reload_asked = false;
	engine_compile(turn);
}

static void compile_failed(struct engine_turn *turn, const struct ending *ending)
{
	engine_say(turn, MESSAGE_COMPILE_FAILED)->ending = *ending;
	if (turn->graph.table->header) {
		compile_over(turn);
		return;
	}
	/* One that is out of date is better than none. */
	compile_state(turn, COMPILE_LOADING, ACTION_LOAD)->failed = 1;
}

void engine_compiler_fact(struct engine_turn *turn, const struct event *event)
{
	struct engine *engine = turn->engine;
	bool fine = event->ending.how == HOW_EXIT && event->ending.number == 0;

	if (event->kind == EVENT_SPAWNED) {
		engine->compiler_pid = event->pid;
		engine->compile = COMPILE_RUNNING;
		engine->compile_due_ms = turn->now_ms + COMPILE_MS;
		return;
	}
	engine->compiler_pid = 0;
	engine->compile_due_ms = 0;
	if (engine->phase >= PHASE_STOP) {
		engine->compile = COMPILE_IDLE;
		engine->compile_due_ms = 0;
	} else if (event->ending.how == HOW_FAULT && event->ending.fault == FAULT_AGAIN) {
		engine->compile = COMPILE_SPAWNING;
		engine->compile_due_ms = turn->now_ms + COMPILE_RETRY_MS;
	} else if (fine) {
		(void)compile_state(turn, COMPILE_LOADING, ACTION_LOAD);
	} else {
		compile_failed(turn, &event->ending);
	}
}

void engine_compile_due(struct engine_turn *turn)
{
	struct engine *engine = turn->engine;
	struct action *action;

	engine->compile_due_ms = 0;
	if (!engine->compiler_pid) {
		if (engine->phase < PHASE_STOP)
			engine_compile(turn);
		else
			engine->compile = COMPILE_IDLE;
		return;
	}
	action = action_add(turn->actions, ACTION_KILL, ENGINE_COMPILER);
	action->pid = engine->compiler_pid;
	action->signal = SIGN_KILL;
}

/* --- from the old table to the new one ----------------------------------- */

/* Is service i to be stopped, because the new table has it otherwise or not at all? */
bool engine_withdrawn(const struct engine_turn *turn, uint32_t i)
{
	const struct table *next = &turn->tables->next;
	const struct table *table = turn->graph.table;
	uint32_t j;

	if (turn->engine->compile != COMPILE_STOPPING || table == next)
		return false;
	j = table_find(next, table_name(table, i));
	if (j == TABLE_NONE)
		return true;
	/* A file that went bad harms nothing that runs. */
	return !(next->services[j].flags & TABLE_BAD) &&
	       next->services[j].hash != table->services[i].hash;
}

static bool startable(const struct engine_turn *turn, uint32_t j)
{
	return !turn->tables->goal &&
	       !(turn->tables->next.services[j].flags & (TABLE_NOSTART | TABLE_DISABLED));
}

/* Was it bad, or is it now one that starts by itself, or no longer? */
static bool becomes_otherwise(const struct engine_turn *turn, uint32_t i, uint32_t j)
{
	uint32_t was = turn->graph.table->services[i].flags;
	uint32_t is = turn->tables->next.services[j].flags;

	return (was & TABLE_BAD) ||
	       (!turn->tables->goal && ((was ^ is) & (TABLE_NOSTART | TABLE_DISABLED)));
}

/* What service j of the new table begins with; true: not as it was. */
static bool take_over(struct engine_turn *turn, uint32_t j)
{
	const struct table *next = &turn->tables->next;
	struct engine *engine = turn->engine;
	struct service *s = &engine->other[j];
	uint32_t i = table_find(turn->graph.table, table_name(next, j));
	bool bad = next->services[j].flags & TABLE_BAD;
	bool same = i != TABLE_NONE && !engine_withdrawn(turn, i);

	memset(s, 0, sizeof(*s));
	if (same && (!bad || service_active(&engine->services[i]) || engine->services[i].left)) {
		*s = engine->services[i];
		if (s->state == SERVICE_BAD)
			s->state = SERVICE_DOWN;
	}
	s->queued = false;
	s->blocker = TABLE_NONE;
	if (bad && !service_active(s) && !s->left)
		s->state = SERVICE_BAD;
	s->asked = i == TABLE_NONE ? startable(turn, j) : engine->services[i].asked;
	if (i != TABLE_NONE && !bad && becomes_otherwise(turn, i, j))
		s->asked = startable(turn, j);
	return !same;
}

static void swap(struct engine_turn *turn)
{
	struct engine *engine = turn->engine;
	const struct table *next = &turn->tables->next;
	struct action *action = engine_say(turn, MESSAGE_RELOADED);

	action->count = next->n;
	for (uint32_t j = 0; j < next->n; j++)
		action->failed += take_over(turn, j);
	memcpy(engine->services, engine->other, next->n * sizeof(engine->services[0]));
	engine->n = next->n;
	engine->table_sum = next->header->checksum;
	engine->cursor = 0;
	engine->n_starting = 0;
	engine->queue_n = 0;
	engine->stale = true;
	turn->graph.table = next;
	(void)action_add(turn->actions, ACTION_SWAP, ENGINE_NONE);
	graph_ask_begin(&turn->graph);
	for (uint32_t j = 0; j < next->n; j++) {
		struct service *s = &engine->services[j];

		if (next->services[j].type == TABLE_ONESHOT && s->state == SERVICE_STARTING)
			engine->n_starting++;
		if (s->asked) {
			s->want = s->state != SERVICE_FAILED;
			graph_ask(&turn->graph, j, engine->scratch);
		}
		engine_touch(turn, j);
	}
	compile_over(turn);
}

/* Nothing of what is gone or changed may be left when the tables are swapped. */
void engine_try_swap(struct engine_turn *turn)
{
	const struct engine *engine = turn->engine;

	if (engine->compile != COMPILE_STOPPING || engine->queue_n)
		return;
	for (uint32_t i = 0; i < engine->n; i++) {
		const struct service *s = &engine->services[i];

		/* What has not been answered yet comes back with the old number. */
		if (s->state == SERVICE_SPAWNING || s->controlling)
			return;
		if ((service_active(s) || s->left) && engine_withdrawn(turn, i))
			return;
	}
	swap(turn);
}

void engine_table_came(struct engine_turn *turn, bool sound)
{
	struct engine *engine = turn->engine;

	if (engine->compile != COMPILE_LOADING || engine->phase >= PHASE_STOP) {
		engine->compile = COMPILE_IDLE;
		return;
	}
	if (!sound) {
		engine->tableless = !turn->graph.table->header;
		(void)engine_say(turn, MESSAGE_NO_TABLE);
		compile_over(turn);
	} else if (turn->graph.table->header && engine->phase >= PHASE_BOOT) {
		engine->compile = COMPILE_STOPPING;
		engine_touch_all(turn);
		/* Nobody will be looked at who could let it happen later. */
		if (!engine->n)
			swap(turn);
	} else {
		turn->graph.table = &turn->tables->next;
		(void)action_add(turn->actions, ACTION_SWAP, ENGINE_NONE);
		engine->tableless = false;
		/* One that came up with nothing but the login. */
		if (engine->phase >= PHASE_BOOT)
			engine_services_init(turn);
		compile_over(turn);
	}
}
