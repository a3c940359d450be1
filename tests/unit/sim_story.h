/*
 * sim_story: a run told line by line, for whoever has to find out what went wrong.
 */
#ifndef TINYINIT_TEST_SIM_STORY_H
#define TINYINIT_TEST_SIM_STORY_H

#include "sim.h"

static const char *const story_states[N_SERVICE_STATES] = {
	"DOWN", "WAITING", "OUTSIDE",  "SPAWNING", "STARTING",
	"UP",   "BACKOFF", "STOPPING", "FAILED",   "BAD",
};
static const char *const story_events[N_SERVICE_EVENTS] = {
	"START",           "STOP",           "SPAWNED",        "SPAWN_FAILED", "EXITED",
	"CONTROL_SPAWNED", "CONTROL_FAILED", "CONTROL_EXITED", "READY",        "DUE",
};
static const char *const story_facts[] = {
	[EVENT_BEGIN] = "begin",
	[EVENT_SPAWNED] = "spawned",
	[EVENT_SPAWN_FAILED] = "spawn failed",
	[EVENT_EXITED] = "exited",
	[EVENT_NOTIFIED] = "notified",
	[EVENT_READY] = "ready",
	[EVENT_TABLE] = "table",
	[EVENT_NO_TABLE] = "no table",
	[EVENT_COMMAND] = "command",
	[EVENT_RELOAD] = "reload",
	[EVENT_REQUEST] = "request",
	[EVENT_CHILDLESS] = "childless",
	[EVENT_TIME] = "time",
};
static const char *const story_actions[] = {
	[ACTION_SPAWN] = "spawn",       [ACTION_KILL] = "kill",     [ACTION_SWEEP] = "sweep",
	[ACTION_LOAD] = "load",         [ACTION_SWAP] = "swap",     [ACTION_TERM_ALL] = "term all",
	[ACTION_KILL_ALL] = "kill all", [ACTION_FINISH] = "finish", [ACTION_REBOOT] = "reboot",
	[ACTION_LAST] = "last",         [ACTION_SAY] = "say",
};
static const char *const story_verbs[] = { "start",  "wait",  "probe", "stop",
					   "reload", "login", "shell", "compile" };
static const char *const story_commands[] = { "start", "stop", "restart", "reload" };
static const char *const story_types[] = { "oneshot", "daemon", "forking", "target" };
static const char *const story_kinds[] = { "require", "want", "after", "follow", "conflict" };

static inline void story_unit(uint32_t unit)
{
	if (unit < sim.engine.n)
		printf(" s%u", sim_id(unit));
	else if (unit != ENGINE_NONE)
		printf(" unit %u", unit - ENGINE_LOGIN);
}

static inline void story_table(void)
{
	const struct table *t = sim_now();

	for (uint32_t i = 0; t->header && i < t->n && sim.loud; i++) {
		const struct table_service *s = &t->services[i];

		printf("#   s%u %s ready=%u restart=%u %u..%u limit=%u then=%u start=%d stop=%d "
		       "flags=%u%s%s%s%s:",
		       sim_id(i), story_types[s->type], s->ready, s->restart, s->restart_min_ms,
		       s->restart_max_ms, s->restart_limit, s->then, (int)s->start_timeout_ms,
		       (int)s->stop_timeout_ms, s->flags, s->wait ? " wait" : "",
		       s->probe ? " probe" : "", s->stop ? " stop" : "",
		       s->watchdog_ms ? " watchdog" : "");
		for (uint32_t k = 0; k < s->n_edges; k++)
			printf(" %s s%u", story_kinds[t->edges[s->edges + k].kind],
			       sim_id(t->edges[s->edges + k].service));
		printf("\n");
	}
}

static inline void story_event(const struct event *event)
{
	if (!sim.loud)
		return;
	printf("# %llu: %s", (unsigned long long)sim.now_ms, story_facts[event->kind]);
	if (event->kind >= EVENT_SPAWNED && event->kind <= EVENT_COMMAND)
		story_unit(event->unit);
	if (event->kind == EVENT_COMMAND)
		printf(" %s", story_commands[event->command]);
	if (event->kind >= EVENT_SPAWNED && event->kind <= EVENT_EXITED)
		printf(" %s", event->role == ROLE_MAIN ? "main" : "control");
	if (event->kind == EVENT_SPAWNED)
		printf(" pid %d", event->pid);
	if (event->kind == EVENT_EXITED || event->kind == EVENT_SPAWN_FAILED)
		printf(" how %u fault %u number %d", event->ending.how, event->ending.fault,
		       event->ending.number);
	printf("\n");
}

static inline void story_step(void)
{
	for (uint32_t i = 0; i < sim.actions.n && sim.loud; i++) {
		const struct action *a = &sim.actions.at[i];

		printf("#      -> %s", story_actions[a->kind]);
		story_unit(a->unit);
		if (a->kind == ACTION_SPAWN)
			printf(" %s", story_verbs[a->verb]);
		if (a->kind == ACTION_KILL)
			printf(" pid %d signal %d", a->pid, a->signal);
		if (a->kind == ACTION_SAY)
			printf(" message %u, %llu ms", a->message, (unsigned long long)a->ms);
		printf("\n");
	}
	for (uint32_t i = 0; i < sim.engine.n && sim.loud && sim.n_before == sim.engine.n; i++) {
		const struct service *s = &sim.engine.services[i];
		const struct service *b = &sim.before[i];

		if (s->state != b->state || s->want != b->want || s->asked != b->asked)
			printf("#      s%u: %s%s%s -> %s%s%s\n", sim_id(i), story_states[b->state],
			       b->asked ? " asked" : "", b->want ? " wanted" : "",
			       story_states[s->state], s->asked ? " asked" : "",
			       s->want ? " wanted" : "");
	}
}

#endif
