#include "engine.h"

#include "engine_turn.h"

enum {
	STOP_TIMEOUT_MS = 10000, /* of a service without one of its own */
	KILL_AFTER_MS = 2000,
};

void engine_init(struct engine *engine, const struct engine_options *options)
{
	engine->magic = ENGINE_MAGIC;
	engine->version = ENGINE_VERSION;
	engine->n_consoles = options->n_consoles;
	engine->rescue = options->rescue;
	engine->parallel = options->parallel;
	engine->shutdown_timeout_ms = options->shutdown_timeout_ms;
	engine->times.patience_ms = options->patience_ms;
	engine->times.start_timeout_ms = options->start_timeout_ms;
	engine->times.stop_timeout_ms = STOP_TIMEOUT_MS;
	engine->times.kill_after_ms = KILL_AFTER_MS;
	engine->logins[ENGINE_RESCUE - ENGINE_LOGIN].rescue = true;
}

uint32_t engine_find(const struct engine *engine, int32_t pid, enum role *role)
{
	*role = ROLE_MAIN;
	if (pid <= 0)
		return ENGINE_NONE;
	for (uint32_t i = 0; i < engine->n; i++) {
		if (engine->services[i].main == pid)
			return i;
		if (engine->services[i].control == pid) {
			*role = ROLE_CONTROL;
			return i;
		}
	}
	for (uint32_t i = 0; i <= CONSOLES_CAP; i++)
		if (engine->logins[i].pid == pid)
			return ENGINE_LOGIN + i;
	if (pid == engine->compiler_pid)
		return ENGINE_COMPILER;
	return pid == engine->helper_pid ? ENGINE_HELPER : ENGINE_NONE;
}

bool engine_wants_childless(const struct engine *engine)
{
	return engine->phase == PHASE_TERM || engine->phase == PHASE_KILL;
}

struct action *engine_say(struct engine_turn *turn, enum message message)
{
	struct action *action = action_say(turn->actions, message, ENGINE_NONE);

	action->power = turn->engine->power;
	return action;
}

void engine_impossible(struct engine_turn *turn, uint32_t unit)
{
	turn->engine->impossible++;
	action_say(turn->actions, MESSAGE_IMPOSSIBLE, unit)->count = turn->engine->impossible;
}

void engine_enter(struct engine_turn *turn, enum phase phase, uint64_t due_ms)
{
	turn->engine->phase = phase;
	turn->engine->phase_due_ms = due_ms;
	turn->engine->helper_due_ms = 0;
}

/* --- time ---------------------------------------------------------------- */

uint64_t engine_sooner(uint64_t a_ms, uint64_t b_ms)
{
	if (!a_ms || !b_ms)
		return a_ms + b_ms;
	return a_ms < b_ms ? a_ms : b_ms;
}

/* A due time has changed from old_ms to new_ms. */
void engine_note_due(struct engine_turn *turn, uint64_t old_ms, uint64_t new_ms)
{
	struct engine *engine = turn->engine;

	if (old_ms == new_ms)
		return;
	if (old_ms && old_ms == engine->soonest_ms)
		engine->stale = true;
	engine->soonest_ms = engine_sooner(engine->soonest_ms, new_ms);
}

/* From TERM on nothing is started any more, so no unit has anything due. */
static bool units_live(const struct engine *engine)
{
	return engine->phase <= PHASE_STOP;
}

static uint64_t soonest(struct engine *engine)
{
	if (!engine->stale)
		return engine->soonest_ms;
	engine->stale = false;
	engine->soonest_ms = 0;
	for (uint32_t i = 0; i < engine->n; i++)
		engine->soonest_ms = engine_sooner(engine->soonest_ms, engine->services[i].due_ms);
	for (uint32_t i = 0; i <= CONSOLES_CAP; i++)
		engine->soonest_ms = engine_sooner(engine->soonest_ms, engine->logins[i].due_ms);
	return engine->soonest_ms;
}

uint64_t engine_due(struct engine *engine)
{
	uint64_t due_ms = engine_sooner(engine->phase_due_ms, engine->helper_due_ms);

	due_ms = engine_sooner(due_ms, engine->compile_due_ms);
	if (!units_live(engine))
		return due_ms;
	if (engine->queue_n)
		return 1;
	return engine_sooner(due_ms, soonest(engine));
}

static void units_due(struct engine_turn *turn)
{
	struct engine *engine = turn->engine;

	if (!soonest(engine) || engine->soonest_ms > turn->now_ms)
		return;
	for (uint32_t i = 0; i < engine->n && actions_roomy(turn->actions); i++)
		if (engine->services[i].due_ms && engine->services[i].due_ms <= turn->now_ms)
			engine_tell(turn, i, SERVICE_EV_DUE, NULL);
	for (uint32_t i = 0; i <= CONSOLES_CAP && actions_roomy(turn->actions); i++)
		if (engine->logins[i].due_ms && engine->logins[i].due_ms <= turn->now_ms)
			engine_tell_login(turn, ENGINE_LOGIN + i, LOGIN_EV_DUE);
	engine->stale = true;
}

static void time_passed(struct engine_turn *turn)
{
	struct engine *engine = turn->engine;

	if (units_live(engine))
		units_due(turn);
	if (engine->compile_due_ms && engine->compile_due_ms <= turn->now_ms)
		engine_compile_due(turn);
	if (engine->helper_due_ms && engine->helper_due_ms <= turn->now_ms)
		engine_helper(turn);
	if (engine->phase_due_ms && engine->phase_due_ms <= turn->now_ms)
		engine_phase_due(turn);
}

/* --- logins -------------------------------------------------------------- */

static void tell_login(struct engine_turn *turn, uint32_t unit, enum login_event event,
		       const struct event *fact)
{
	struct login *login = &turn->engine->logins[unit - ENGINE_LOGIN];
	struct login_turn lt = {
		.login = login,
		.unit = unit,
		.now_ms = turn->now_ms,
		.actions = turn->actions,
	};
	uint64_t due_ms = login->due_ms;

	if (fact) {
		lt.ending = fact->ending;
		lt.pid = fact->pid;
	}
	if (!login_step(&lt, event))
		engine_impossible(turn, unit);
	engine_note_due(turn, due_ms, login->due_ms);
}

void engine_tell_login(struct engine_turn *turn, uint32_t unit, enum login_event event)
{
	const struct login *login = &turn->engine->logins[unit - ENGINE_LOGIN];

	if (event == LOGIN_EV_START && login->state != LOGIN_IDLE && login->state != LOGIN_DOWN)
		return;
	tell_login(turn, unit, event, NULL);
}

static bool passing(const struct ending *ending)
{
	return ending->fault == FAULT_AGAIN || ending->fault == FAULT_NO_TTY;
}

static void login_fact(struct engine_turn *turn, const struct event *event)
{
	enum login_event what = LOGIN_EV_EXITED;

	if (event->kind == EVENT_SPAWNED)
		what = LOGIN_EV_SPAWNED;
	else if (event->kind == EVENT_SPAWN_FAILED)
		what = passing(&event->ending) ? LOGIN_EV_AGAIN : LOGIN_EV_NEVER;
	tell_login(turn, event->unit, what, event);
}

/* --- up ------------------------------------------------------------------ */

static void boot(struct engine_turn *turn)
{
	engine_enter(turn, PHASE_BOOT, 0);
	turn->engine->cursor = 0;
	if (turn->graph.table->header)
		engine_services_init(turn);
}

static void start_rescue(struct engine_turn *turn)
{
	engine_enter(turn, PHASE_RESCUE, 0);
	(void)engine_say(turn, MESSAGE_RESCUE);
	engine_tell_login(turn, ENGINE_RESCUE, LOGIN_EV_START);
}

static void enter_run(struct engine_turn *turn)
{
	struct engine *engine = turn->engine;
	struct action *action = engine_say(turn, MESSAGE_READY);

	action->ms = turn->now_ms - engine->begun_ms;
	for (uint32_t i = 0; i < engine->n; i++) {
		const struct service *s = &engine->services[i];

		if (!s->asked && s->state != SERVICE_BAD)
			continue;
		action->count++;
		action->failed += s->state == SERVICE_FAILED || s->state == SERVICE_BAD ||
				  s->failing || s->blocked_told;
	}
	engine_enter(turn, PHASE_RUN, 0);
	for (uint32_t i = 0; i < engine->n_consoles; i++)
		engine_tell_login(turn, ENGINE_LOGIN + i, LOGIN_EV_START);
}

static void without_table(struct engine_turn *turn)
{
	struct engine *engine = turn->engine;

	if (engine->tableless)
		start_rescue(turn);
	else if (engine->compile == COMPILE_IDLE)
		engine_compile(turn);
}

static void go_up(struct engine_turn *turn)
{
	struct engine *engine = turn->engine;
	const struct login *rescue = &engine->logins[ENGINE_RESCUE - ENGINE_LOGIN];

	if (engine->phase == PHASE_RESCUE && rescue->state == LOGIN_DOWN) {
		/* With no shell and no table there is still the login. */
		bool hopeless = engine->tableless && !rescue->since_ms;

		engine->tableless = false;
		engine_enter(turn, hopeless ? PHASE_BOOT : PHASE_COMPILE, 0);
	}
	if (engine->phase == PHASE_COMPILE) {
		if (turn->graph.table->header)
			boot(turn);
		else
			without_table(turn);
	}
	if (turn->idle) {
		engine_look_around(turn);
		engine_try_swap(turn);
	}
	if (engine->phase != PHASE_BOOT || engine->queue_n)
		return;
	while (engine->cursor < engine->n && service_settled(&engine->services[engine->cursor]))
		engine->cursor++;
	if (engine->cursor >= engine->n)
		enter_run(turn);
}

static void begin(struct engine_turn *turn)
{
	turn->engine->begun_ms = turn->now_ms;
	if (turn->engine->rescue)
		start_rescue(turn);
	else
		engine_enter(turn, PHASE_COMPILE, 0);
}

/* --- events -------------------------------------------------------------- */

static void service_fact(struct engine_turn *turn, const struct event *event)
{
	static const uint8_t events[][2] = {
		[EVENT_SPAWNED] = { SERVICE_EV_SPAWNED, SERVICE_EV_CONTROL_SPAWNED },
		[EVENT_SPAWN_FAILED] = { SERVICE_EV_SPAWN_FAILED, SERVICE_EV_CONTROL_FAILED },
		[EVENT_EXITED] = { SERVICE_EV_EXITED, SERVICE_EV_CONTROL_EXITED },
	};
	struct service *s = &turn->engine->services[event->unit];

	if (turn->engine->phase < PHASE_TERM) {
		engine_tell(turn, event->unit, (enum service_event)events[event->kind][event->role],
			    event);
		return;
	}
	if (event->kind == EVENT_EXITED && event->role == ROLE_MAIN)
		s->main = 0;
	else if (event->kind == EVENT_EXITED)
		s->control = 0;
}

static void process_fact(struct engine_turn *turn, const struct event *event)
{
	if (event->unit < turn->engine->n)
		service_fact(turn, event);
	else if (event->unit >= ENGINE_LOGIN && event->unit <= ENGINE_RESCUE)
		login_fact(turn, event);
	else if (event->unit == ENGINE_COMPILER)
		engine_compiler_fact(turn, event);
	else if (event->unit == ENGINE_HELPER)
		engine_helper_fact(turn, event);
	else if (event->unit != ENGINE_NONE)
		engine_impossible(turn, ENGINE_NONE);
}

static void service_word(struct engine_turn *turn, const struct event *event)
{
	if (event->unit >= turn->engine->n || turn->engine->phase >= PHASE_TERM)
		return;
	if (event->kind == EVENT_COMMAND)
		engine_command(turn, event);
	else if (event->kind == EVENT_NOTIFIED)
		engine_notice(turn, event);
	else
		engine_tell(turn, event->unit, SERVICE_EV_READY, NULL);
}

static void take(struct engine_turn *turn, const struct event *event)
{
	switch (event->kind) {
	case EVENT_BEGIN:
		if (turn->engine->phase == PHASE_NEW)
			begin(turn);
		break;
	case EVENT_SPAWNED:
	case EVENT_SPAWN_FAILED:
	case EVENT_EXITED:
		process_fact(turn, event);
		break;
	case EVENT_NOTIFIED:
	case EVENT_READY:
	case EVENT_COMMAND:
		service_word(turn, event);
		break;
	case EVENT_TABLE:
	case EVENT_NO_TABLE:
		engine_table_came(turn, event->kind == EVENT_TABLE);
		break;
	case EVENT_RELOAD:
		engine_reload(turn);
		break;
	case EVENT_REQUEST:
		engine_request(turn, event);
		break;
	case EVENT_CHILDLESS:
		engine_childless(turn);
		break;
	case EVENT_TIME:
		time_passed(turn);
		break;
	}
}

void engine_step(struct engine *engine, const struct engine_tables *tables,
		 const struct event *event, uint64_t now_ms, struct actions *actions)
{
	struct engine_turn turn = {
		.engine = engine,
		.tables = tables,
		.graph = { &tables->table, engine->services },
		.now_ms = now_ms,
		.actions = actions,
		.idle = event->kind == EVENT_TIME,
	};

	actions->n = 0;
	engine->turns++;
	take(&turn, event);
	if (engine->phase != PHASE_NEW && engine->phase <= PHASE_RUN)
		go_up(&turn);
	if (engine->phase == PHASE_STOP) {
		if (turn.idle)
			engine_look_around(&turn);
		engine_go_down(&turn);
	}
	engine->turns++;
}
