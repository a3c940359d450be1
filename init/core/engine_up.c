#include "engine_turn.h"

#include <string.h>

/* --- who has to be looked at --------------------------------------------- */

void engine_touch(struct engine_turn *turn, uint32_t i)
{
	struct engine *engine = turn->engine;
	uint32_t at = (uint32_t)engine->queue_first + engine->queue_n;

	if (engine->services[i].queued)
		return;
	engine->services[i].queued = true;
	engine->queue[at % TABLE_SERVICES] = (uint16_t)i;
	engine->queue_n++;
}

void engine_touch_all(struct engine_turn *turn)
{
	for (uint32_t i = 0; i < turn->engine->n; i++)
		engine_touch(turn, i);
}

/* Those that wait for i, and where its want has changed, all that require it. */
static void touch_around(struct engine_turn *turn, uint32_t i, bool want_changed)
{
	const struct table *table = turn->graph.table;
	const struct table_service *t = &table->services[i];

	for (uint32_t k = 0; k < t->n_edges + t->n_back; k++) {
		bool forth = k < t->n_edges;
		struct table_edge e = forth ? table->edges[t->edges + k]
					    : table->back[t->back + k - t->n_edges];

		if (turn->engine->services[e.service].blocker == i ||
		    (want_changed && !forth && e.kind == TABLE_REQUIRE))
			engine_touch(turn, e.service);
	}
}

static void touch_throttled(struct engine_turn *turn)
{
	for (uint32_t i = 0; i < turn->engine->n; i++)
		if (turn->engine->services[i].throttled)
			engine_touch(turn, i);
}

/* --- one service --------------------------------------------------------- */

static struct service_turn service_turn(struct engine_turn *turn, uint32_t i)
{
	return (struct service_turn){
		.s = &turn->engine->services[i],
		.t = &turn->graph.table->services[i],
		.index = i,
		.times = &turn->engine->times,
		.now_ms = turn->now_ms,
		.actions = turn->actions,
		.then = N_TABLE_THEN,
	};
}

static bool counts(const struct service_turn *st)
{
	return st->t->type == TABLE_ONESHOT &&
	       (st->s->state == SERVICE_SPAWNING || st->s->state == SERVICE_STARTING);
}

/* Its state was `before`: who else is concerned by what it is now? */
static void changed(struct engine_turn *turn, const struct service_turn *st,
		    const struct service *before, bool counted)
{
	const struct service *s = st->s;
	struct engine *engine = turn->engine;
	bool want_changed = s->want != before->want;

	engine_note_due(turn, before->due_ms, s->due_ms);
	if (counted != counts(st)) {
		engine->n_starting += counted ? (uint32_t)-1 : 1;
		if (counted && engine->parallel)
			touch_throttled(turn);
	}
	engine_touch(turn, st->index);
	if (want_changed || s->state != before->state || s->overdue != before->overdue ||
	    s->left != before->left || s->tries != before->tries)
		touch_around(turn, st->index, want_changed);
	if (st->then == TABLE_THEN_REBOOT)
		engine_request_self(turn, POWER_REBOOT, st->index);
	else if (st->then == TABLE_THEN_RESCUE)
		engine_tell_login(turn, ENGINE_RESCUE, LOGIN_EV_START);
}

void engine_tell(struct engine_turn *turn, uint32_t i, enum service_event event,
		 const struct event *fact)
{
	struct service_turn st = service_turn(turn, i);
	struct service before = *st.s;
	bool counted = counts(&st);

	if (fact) {
		st.ending = fact->ending;
		st.pid = fact->pid;
	}
	if (!service_step(&st, event))
		engine_impossible(turn, i);
	changed(turn, &st, &before, counted);
}

void engine_notice(struct engine_turn *turn, const struct event *event)
{
	struct service_turn st = service_turn(turn, event->unit);
	struct service before = *st.s;
	bool counted = counts(&st);

	service_notice(&st, &event->notice);
	changed(turn, &st, &before, counted);
}

/* --- what is wanted of it ------------------------------------------------ */

/* Is it away only for a restart or a reload, its own or that of one it requires? */
static bool comes_back(const struct engine_turn *turn, uint32_t i)
{
	for (uint32_t n = turn->engine->n; n && i != TABLE_NONE; n--) {
		if (turn->engine->services[i].again || engine_withdrawn(turn, i))
			return true;
		i = graph_missing(&turn->graph, i);
	}
	return false;
}

static bool wanted(struct engine_turn *turn, uint32_t i)
{
	struct service *s = &turn->engine->services[i];
	uint16_t missing;

	if (!s->asked || s->again || turn->engine->phase >= PHASE_STOP ||
	    s->state == SERVICE_FAILED || s->state == SERVICE_BAD || engine_withdrawn(turn, i)) {
		s->blocked_told = false;
		return false;
	}
	missing = graph_missing(&turn->graph, i);
	if (missing == TABLE_NONE || comes_back(turn, missing)) {
		s->blocked_told = false;
		return missing == TABLE_NONE;
	}
	if (!s->blocked_told)
		action_say(turn->actions, MESSAGE_BLOCKED, i)->other = missing;
	s->blocked_told = true;
	return false;
}

static void wait(struct engine_turn *turn, uint32_t i)
{
	struct service_turn st = service_turn(turn, i);
	struct service before = *st.s;

	service_wait(&st);
	changed(turn, &st, &before, false);
}

/* Who waits for long says so, and no longer holds up the boot. */
static void be_patient(struct engine_turn *turn, struct service *s, bool follows)
{
	uint64_t due_ms = s->due_ms;

	if (s->state != SERVICE_WAITING)
		return;
	/* The one in front is reported itself when it takes long. */
	if (follows)
		s->due_ms = 0;
	else if (!s->due_ms && !s->overdue)
		s->due_ms = turn->now_ms + turn->engine->times.patience_ms;
	engine_note_due(turn, due_ms, s->due_ms);
}

static void try_start(struct engine_turn *turn, uint32_t i)
{
	struct engine *engine = turn->engine;
	struct service *s = &engine->services[i];
	struct graph_hold hold = graph_start_hold(&turn->graph, i);
	bool oneshot = turn->graph.table->services[i].type == TABLE_ONESHOT;

	s->blocker = hold.service;
	s->throttled = hold.service == TABLE_NONE && oneshot && engine->parallel &&
		       engine->n_starting >= engine->parallel;
	if (hold.service != TABLE_NONE || s->throttled)
		be_patient(turn, s, hold.service != TABLE_NONE && hold.kind == TABLE_FOLLOW);
	else
		engine_tell(turn, i, SERVICE_EV_START, NULL);
}

static void try_stop(struct engine_turn *turn, uint32_t i)
{
	struct service *s = &turn->engine->services[i];

	if (!service_stoppable(s))
		return;
	if (service_active(s)) {
		s->blocker = graph_stop_hold(&turn->graph, i).service;
		if (s->blocker == TABLE_NONE)
			engine_tell(turn, i, SERVICE_EV_STOP, NULL);
	} else if (s->state == SERVICE_WAITING || s->state == SERVICE_BACKOFF) {
		engine_tell(turn, i, SERVICE_EV_STOP, NULL);
	}
}

/* Its file went bad while it ran; now that it is down there is nothing to start. */
static void went_bad(struct engine_turn *turn, uint32_t i)
{
	struct service_turn st = service_turn(turn, i);
	struct service before = *st.s;

	if (!(st.t->flags & TABLE_BAD) || before.state == SERVICE_BAD || before.left ||
	    service_active(st.s))
		return;
	st.s->state = SERVICE_BAD;
	st.s->due_ms = 0;
	st.s->told = false;
	changed(turn, &st, &before, false);
}

/* What is wrong with its file, once; of one that would not start anyway, too. */
static void tell_fault(struct engine_turn *turn, uint32_t i)
{
	const struct table_service *t = &turn->graph.table->services[i];
	struct service *s = &turn->engine->services[i];
	bool idle = s->state == SERVICE_DOWN && (t->flags & TABLE_DISABLED) && t->fault;

	if (s->told || (s->state != SERVICE_BAD && !idle))
		return;
	s->told = true;
	action_say(turn->actions, MESSAGE_BAD, i)->count = t->line;
}

static void look(struct engine_turn *turn, uint32_t i)
{
	struct service *s = &turn->engine->services[i];
	bool want;

	went_bad(turn, i);
	if (s->again && s->state == SERVICE_DOWN)
		s->again = false;
	tell_fault(turn, i);
	want = wanted(turn, i);
	if (want != s->want) {
		s->want = want;
		touch_around(turn, i, true);
		/* Those that need it are looked at before it may stop. */
		if (!want) {
			engine_touch(turn, i);
			return;
		}
	}
	if (!want) {
		try_stop(turn, i);
		return;
	}
	if (s->state == SERVICE_DOWN)
		wait(turn, i);
	if (s->state == SERVICE_WAITING)
		try_start(turn, i);
}

void engine_look_around(struct engine_turn *turn)
{
	struct engine *engine = turn->engine;

	while (engine->queue_n > 0 && actions_roomy(turn->actions)) {
		uint32_t i = engine->queue[engine->queue_first];

		engine->queue_first = (uint16_t)((engine->queue_first + 1) % TABLE_SERVICES);
		engine->queue_n--;
		engine->services[i].queued = false;
		look(turn, i);
	}
}

/* --- at once for all ----------------------------------------------------- */

static void ask_goal(struct engine_turn *turn)
{
	const struct table *table = turn->graph.table;
	uint32_t goal = TABLE_NONE;

	if (turn->tables->goal) {
		goal = table_find(table, turn->tables->goal);
		if (goal == TABLE_NONE)
			(void)engine_say(turn, MESSAGE_NO_GOAL);
	}
	graph_ask_begin(&turn->graph);
	for (uint32_t i = 0; i < table->n; i++) {
		uint32_t not_by_itself = TABLE_NOSTART | TABLE_DISABLED;

		if (goal == TABLE_NONE ? !(table->services[i].flags & not_by_itself) : i == goal)
			graph_ask(&turn->graph, i, turn->engine->scratch);
	}
}

/* Every service of a first table, from nothing. */
void engine_services_init(struct engine_turn *turn)
{
	struct engine *engine = turn->engine;
	const struct table *table = turn->graph.table;

	engine->n = table->n;
	engine->table_sum = table->header->checksum;
	for (uint32_t i = 0; i < table->n; i++) {
		engine->services[i].blocker = TABLE_NONE;
		if (table->services[i].flags & TABLE_BAD)
			engine->services[i].state = SERVICE_BAD;
	}
	ask_goal(turn);
	engine_touch_all(turn);
}

/* --- by hand ------------------------------------------------------------- */

/* Whoever is in conflict with i makes room for it. */
static void make_room(struct engine_turn *turn, uint32_t i)
{
	const struct table *table = turn->graph.table;
	const struct table_service *t = &table->services[i];

	for (uint32_t k = 0; k < t->n_edges + t->n_back; k++) {
		struct table_edge e = k < t->n_edges ? table->edges[t->edges + k]
						     : table->back[t->back + k - t->n_edges];

		if (e.kind == TABLE_CONFLICT)
			turn->engine->services[e.service].asked = false;
	}
}

void engine_command(struct engine_turn *turn, const struct event *event)
{
	uint32_t i = event->unit;
	struct service *s = &turn->engine->services[i];
	struct service_turn st = service_turn(turn, i);

	if (turn->engine->phase >= PHASE_STOP)
		return;
	if (event->command == COMMAND_RELOAD) {
		service_reload(&st);
		return;
	}
	if (event->command == COMMAND_STOP) {
		s->asked = false;
		engine_touch(turn, i);
		return;
	}
	if (s->state == SERVICE_FAILED) {
		s->slowed = false;
		engine_tell(turn, i, SERVICE_EV_STOP, NULL);
	}
	s->again = event->command == COMMAND_RESTART && service_active(s);
	make_room(turn, i);
	s->asked = false;
	graph_ask_begin(&turn->graph);
	graph_ask(&turn->graph, i, turn->engine->scratch);
	engine_touch_all(turn);
}
