/*
 * sim_table: random services and their relations.
 *
 * What a row says comes from the seed, its id and its edition alone, so that it is
 * the same whatever else is in the table.
 */
#ifndef TINYINIT_TEST_SIM_TABLE_H
#define TINYINIT_TEST_SIM_TABLE_H

#include "sim.h"

static inline void sim_row_type(struct random *r, struct table_service *t)
{
	uint32_t kind = random_below(r, 100);

	t->type = kind < 35   ? TABLE_ONESHOT
		  : kind < 70 ? TABLE_DAEMON
		  : kind < 85 ? TABLE_FORKING
			      : TABLE_TARGET;
	if (t->type == TABLE_DAEMON)
		t->ready = (uint8_t)SIM_PICK(r, TABLE_READY_EXEC, TABLE_READY_EXEC,
					     TABLE_READY_NOTIFY, TABLE_READY_FD, TABLE_READY_PROBE);
	else if (t->type != TABLE_TARGET)
		t->ready = (uint8_t)SIM_PICK(r, TABLE_READY_EXIT, TABLE_READY_EXIT,
					     TABLE_READY_EXIT, TABLE_READY_NOTIFY,
					     TABLE_READY_PROBE);
	t->start = t->type != TABLE_TARGET;
	t->probe = t->ready == TABLE_READY_PROBE ||
		   (t->type == TABLE_FORKING && random_chance(r, 40));
	t->wait = t->start && random_chance(r, 15);
	t->stop = t->start && random_chance(r, 40);
	t->reload = t->start && random_chance(r, 30);
	t->reload_signal = random_chance(r, 40) ? SIGN_HUP : 0;
	t->stop_signal = SIGN_TERM;
	t->ready_fd = 3;
}

static inline void sim_row_restart(struct random *r, struct table_service *t)
{
	t->restart = (uint8_t)SIM_PICK(r, TABLE_RESTART_NO, TABLE_RESTART_NO, TABLE_RESTART_FAILURE,
				       TABLE_RESTART_ALWAYS);
	t->restart_min_ms = SIM_PICK(r, 0, 100, 1000, 5000);
	t->restart_max_ms = SIM_PICK(r, t->restart_min_ms, t->restart_min_ms + 1000, 30000);
	t->restart_limit = SIM_PICK(r, 0, 0, 2, 5);
	t->restart_window_ms = SIM_PICK(r, 1000, 10000, 60000);
	t->then = (uint8_t)SIM_PICK(r, TABLE_THEN_SLOW, TABLE_THEN_SLOW, TABLE_THEN_SLOW,
				    TABLE_THEN_FAIL, TABLE_THEN_FAIL, TABLE_THEN_FAIL,
				    TABLE_THEN_RESCUE, TABLE_THEN_REBOOT);
}

static inline void sim_row(const struct sim_plan *plan, const struct sim_rows *rows, uint32_t id,
			   struct table_service *t)
{
	struct random r;

	random_seed(&r, sim_mix(plan->seed, id, rows->edition[id], 1));
	t->hash = (uint32_t)random_next(&r);
	t->start_timeout_ms = UINT32_MAX;
	t->stop_timeout_ms = UINT32_MAX;
	t->stop_signal = SIGN_TERM;
	if (rows->bad[id]) {
		t->flags = TABLE_BAD;
		t->hash = 0;
		t->start_timeout_ms = 0;
		t->stop_timeout_ms = 0;
		return;
	}
	sim_row_type(&r, t);
	sim_row_restart(&r, t);
	t->start_timeout_ms = SIM_PICK(&r, UINT32_MAX, UINT32_MAX, 0, 500, 5000, 20000);
	t->stop_timeout_ms = SIM_PICK(&r, UINT32_MAX, UINT32_MAX, 0, 500, 5000);
	t->watchdog_ms = (t->type == TABLE_DAEMON || t->type == TABLE_FORKING) &&
					 random_chance(&r, 10)
				 ? SIM_PICK(&r, 1000, 5000)
				 : 0;
	if (plan->shape == SHAPE_CHAIN)
		return;
	t->flags |= random_chance(&r, 10) ? TABLE_NOSTART : 0;
	t->flags |= random_chance(&r, 5) ? TABLE_DISABLED : 0;
	t->flags |= random_chance(&r, 30) ? TABLE_WRAPPED : 0;
	t->flags |= t->type == TABLE_ONESHOT && random_chance(&r, 40) ? TABLE_PLAIN : 0;
}

/* --- relations ----------------------------------------------------------- */

/* Nothing comes after one of a higher rank, so there is no cycle. */
static inline uint32_t sim_rank(const struct sim_plan *plan, uint32_t id)
{
	return plan->shape == SHAPE_RANDOM ? (id * 7 + plan->shift) % plan->n_ids : id;
}

static inline void sim_edge(struct sim_table *b, uint32_t from, uint32_t to_id, uint32_t kind)
{
	struct table_service *t = &b->services[from];
	uint32_t to = b->indices[to_id];

	if (to == SIM_NONE || to == from || b->header.edges.n == SIM_EDGES)
		return;
	for (uint32_t k = 0; k < t->n_edges; k++)
		if (b->edges[t->edges + k].service == to)
			return;
	b->edges[b->header.edges.n++] = (struct table_edge){ (uint16_t)to, (uint16_t)kind };
	t->n_edges++;
	b->services[to].n_back++;
}

static inline void sim_random_edges(const struct sim_plan *plan, const struct sim_rows *rows,
				    struct sim_table *b, uint32_t from)
{
	uint32_t id = b->ids[from];
	struct random r;
	uint32_t n;

	random_seed(&r, sim_mix(plan->seed, id, rows->relations[id], 2));
	n = random_below(&r, 4);
	for (uint32_t k = 0; k < n; k++) {
		uint32_t other = random_below(&r, plan->n_ids);
		uint32_t kind = SIM_PICK(&r, TABLE_REQUIRE, TABLE_REQUIRE, TABLE_REQUIRE,
					 TABLE_WANT, TABLE_WANT, TABLE_AFTER, TABLE_AFTER,
					 TABLE_FOLLOW, TABLE_CONFLICT);

		if (kind == TABLE_CONFLICT || sim_rank(plan, other) < sim_rank(plan, id))
			sim_edge(b, from, other, kind);
	}
}

static inline void sim_edges(const struct sim_plan *plan, const struct sim_rows *rows,
			     struct sim_table *b, uint32_t from)
{
	uint32_t id = b->ids[from];
	uint32_t middle = plan->n_ids / 2;

	b->services[from].edges = b->header.edges.n;
	if (b->services[from].flags & TABLE_BAD)
		return;
	if (plan->shape == SHAPE_RANDOM)
		sim_random_edges(plan, rows, b, from);
	else if (plan->shape == SHAPE_CHAIN && id > 0)
		sim_edge(b, from, id - 1, (id + plan->shift) % 5 ? TABLE_REQUIRE : TABLE_FOLLOW);
	else if (plan->shape == SHAPE_BARRIER && id > middle)
		sim_edge(b, from, middle, plan->shift % 2 ? TABLE_REQUIRE : TABLE_AFTER);
	for (uint32_t k = 0; plan->shape == SHAPE_BARRIER && id == middle && k < middle; k++)
		sim_edge(b, from, k, plan->shift % 3 ? TABLE_WANT : TABLE_AFTER);
}

static inline void sim_back(struct sim_table *b)
{
	uint32_t at = 0;

	for (uint32_t i = 0; i < b->table.n; i++) {
		b->services[i].back = at;
		at += b->services[i].n_back;
		b->services[i].n_back = 0;
	}
	for (uint32_t i = 0; i < b->table.n; i++)
		for (uint32_t k = 0; k < b->services[i].n_edges; k++) {
			struct table_edge e = b->edges[b->services[i].edges + k];
			struct table_service *to = &b->services[e.service];

			b->back[to->back + to->n_back++] = (struct table_edge){ (uint16_t)i,
										e.kind };
		}
}

static inline void sim_build(const struct sim_plan *plan, const struct sim_rows *rows,
			     struct sim_table *b)
{
	uint32_t n = 0;

	memset(&b->header, 0, sizeof(b->header));
	memset(b->indices, 0xff, sizeof(b->indices));
	for (uint32_t id = 0; id < plan->n_ids; id++) {
		if (!rows->present[id] || plan->hidden[id])
			continue;
		b->ids[n] = (uint16_t)id;
		b->indices[id] = (uint16_t)n;
		memset(&b->services[n], 0, sizeof(b->services[n]));
		snprintf(b->text + (size_t)n * SIM_NAME, SIM_NAME, "s%04u", id % 10000);
		b->services[n].name = n * SIM_NAME;
		sim_row(plan, rows, id, &b->services[n]);
		n++;
	}
	b->table = (struct table){
		.header = &b->header,
		.services = b->services,
		.edges = b->edges,
		.back = b->back,
		.text = b->text,
		.n = n,
	};
	for (uint32_t i = 0; i < n; i++)
		sim_edges(plan, rows, b, i);
	sim_back(b);
}

/* --- what a user does to the files --------------------------------------- */

static inline void sim_rows_init(const struct sim_plan *plan, struct sim_rows *rows)
{
	struct random r;

	memset(rows, 0, sizeof(*rows));
	random_seed(&r, sim_mix(plan->seed, 0, 0, 3));
	for (uint32_t id = 0; id < plan->n_ids; id++) {
		rows->present[id] = plan->shape != SHAPE_RANDOM || random_chance(&r, 85);
		rows->bad[id] = plan->shape == SHAPE_RANDOM && random_chance(&r, 4);
	}
}

static inline void sim_rows_edit(const struct sim_plan *plan, struct sim_rows *rows,
				 struct random *r)
{
	uint32_t n = random_below(r, 5);

	for (uint32_t k = 0; k < n; k++) {
		uint32_t id = random_below(r, plan->n_ids);

		switch (random_below(r, 5)) {
		case 0:
			rows->present[id] = !rows->present[id];
			break;
		case 1:
			rows->bad[id] = !rows->bad[id];
			break;
		case 2:
			rows->relations[id]++;
			break;
		default:
			rows->edition[id]++;
			break;
		}
	}
}

#endif
