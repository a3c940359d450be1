/*
 * service_step: what the parts of a service's step share.
 *
 * service.c has the table of states and events, and each cell's effect is a
 * function below: service_start.c brings a service up, service_end.c judges an
 * end that nobody asked for, service_stop.c takes it down, service_step.c has
 * what all of them say and ask for.
 */
#ifndef TINYINIT_SERVICE_STEP_H
#define TINYINIT_SERVICE_STEP_H

#include "service.h"

/* service_step.c */
struct action *step_say(struct service_turn *turn, enum message message);
void step_say_once(struct service_turn *turn, enum message message);
void step_to(struct service_turn *turn, enum service_state state, uint64_t due_ms);
void step_send(struct service_turn *turn, int32_t pid, int32_t signal);
void step_sweep(struct service_turn *turn);
void step_spawn(struct service_turn *turn, enum verb verb);
uint32_t step_start_timeout(const struct service_turn *turn);
uint32_t step_stop_timeout(const struct service_turn *turn);
uint64_t step_in(const struct service_turn *turn, uint32_t ms);

/* service_start.c */
void step_watch(struct service_turn *turn);
void step_up(struct service_turn *turn);
void step_spawn_main(struct service_turn *turn);
void step_go(struct service_turn *turn);
void step_check_ready(struct service_turn *turn);
void step_spawned(struct service_turn *turn);
uint32_t step_back_off(struct service *s, uint32_t first_ms, uint32_t last_ms);
bool step_passing(const struct ending *ending);
void step_spawn_failed(struct service_turn *turn);
void step_control_spawned(struct service_turn *turn);
void step_outside_exited(struct service_turn *turn);
void step_probe_exited(struct service_turn *turn);
void step_reload_exited(struct service_turn *turn);
void step_control_failed(struct service_turn *turn);
void step_forget(struct service_turn *turn);
void step_said_ready(struct service_turn *turn);
void step_waits(struct service_turn *turn);
void step_waits_outside(struct service_turn *turn);
void step_retry(struct service_turn *turn);
void step_nothing(struct service_turn *turn);

/* service_end.c */
void step_policy(struct service_turn *turn, bool failed, uint64_t lived_ms);
bool step_fine(const struct ending *ending);
void step_stop_failing(struct service_turn *turn);
void step_start_exited(struct service_turn *turn);
void step_ended(struct service_turn *turn);
void step_ping_missed(struct service_turn *turn);
void step_start_due(struct service_turn *turn);

/* service_stop.c */
void step_stop_on(struct service_turn *turn);
void step_stop(struct service_turn *turn);
void step_main_gone(struct service_turn *turn);
void step_control_gone(struct service_turn *turn);
void step_stop_due(struct service_turn *turn);

#endif
