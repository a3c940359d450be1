/*
 * engine_turn: what the parts of the engine share during one step.
 *
 * engine.c takes events apart, engine_up.c looks after services, engine_down.c
 * after the way down, engine_reload.c after tables.
 */
#ifndef TINYINIT_ENGINE_TURN_H
#define TINYINIT_ENGINE_TURN_H

#include "engine.h"
#include "graph.h"

struct engine_turn {
	struct engine *engine;
	const struct engine_tables *tables;
	struct graph graph; /* of the table that counts now */
	uint64_t now_ms;
	struct actions *actions;
	/*
	 * Is it EVENT_TIME?  Only then services are looked at in bulk: at any other
	 * time the answers to what that spawns would pile up behind events that
	 * wait already, faster than they are taken.
	 */
	bool idle;
};

void engine_enter(struct engine_turn *turn, enum phase phase, uint64_t due_ms);
struct action *engine_say(struct engine_turn *turn, enum message message);
void engine_impossible(struct engine_turn *turn, uint32_t unit);
void engine_tell_login(struct engine_turn *turn, uint32_t unit, enum login_event event);
uint64_t engine_sooner(uint64_t a_ms, uint64_t b_ms);
void engine_note_due(struct engine_turn *turn, uint64_t old_ms, uint64_t new_ms);

/* engine_up.c */
void engine_touch(struct engine_turn *turn, uint32_t i);
void engine_touch_all(struct engine_turn *turn);
void engine_services_init(struct engine_turn *turn);
void engine_tell(struct engine_turn *turn, uint32_t i, enum service_event event,
		 const struct event *fact);
void engine_notice(struct engine_turn *turn, const struct event *event);
void engine_command(struct engine_turn *turn, const struct event *event);
void engine_look_around(struct engine_turn *turn);

/* engine_down.c */
void engine_request(struct engine_turn *turn, const struct event *event);
void engine_request_self(struct engine_turn *turn, enum power power, uint32_t unit);
void engine_go_down(struct engine_turn *turn);
void engine_helper(struct engine_turn *turn);
void engine_helper_fact(struct engine_turn *turn, const struct event *event);
void engine_phase_due(struct engine_turn *turn);
void engine_childless(struct engine_turn *turn);

/* engine_reload.c */
void engine_compile(struct engine_turn *turn);
void engine_compiler_fact(struct engine_turn *turn, const struct event *event);
void engine_compile_due(struct engine_turn *turn);
void engine_table_came(struct engine_turn *turn, bool sound);
void engine_reload(struct engine_turn *turn);
void engine_try_swap(struct engine_turn *turn);
bool engine_withdrawn(const struct engine_turn *turn, uint32_t i);

#endif
