#include "image.h"

#include "heap.h"
#include "report.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

enum {
	SLACK = 64
};

/* Text that is the same is there once; a place of the hash is an offset, 0: free. */
struct image {
	char *text;
	uint32_t n_text;
	uint32_t *args;
	uint32_t n_args;
	uint32_t places[1 << 16];
	uint32_t n_places;
	bool full;       /* the row under way did not fit */
	bool overflowed; /* one did not */
	uint32_t room;   /* for text and args, bytes */
};

static uint32_t intern(struct image *image, const char *text)
{
	uint32_t mask = sizeof(image->places) / sizeof(image->places[0]) - 1;
	uint32_t bytes = (uint32_t)strlen(text) + 1;
	uint32_t at = 0x811c9dc5;

	for (const char *s = text; *s; s++)
		at = (at ^ (unsigned char)*s) * 0x01000193;
	/* An offset behind the end is of a row that was taken back. */
	for (at ^= at >> 16; image->places[at & mask]; at++) {
		uint32_t known = image->places[at & mask];

		if (known < image->n_text && strcmp(image->text + known, text) == 0)
			return known;
	}
	if (image->n_text + bytes + 4 * image->n_args > image->room) {
		image->full = true;
		return 0;
	}
	if (image->n_places < mask / 2) {
		image->places[at & mask] = image->n_text;
		image->n_places++;
	}
	memcpy(image->text + image->n_text, text, bytes);
	image->n_text += bytes;
	return image->n_text - bytes;
}

static uint32_t text(struct image *image, const char *s)
{
	return s && *s ? intern(image, s) : 0;
}

static uint32_t list(struct image *image, const struct words *words)
{
	uint32_t at = image->n_args;

	if (words->n == 0)
		return 0;
	if (image->n_text + 4 * (image->n_args + words->n + 1) > image->room) {
		image->full = true;
		return 0;
	}
	image->n_args += words->n + 1; /* the last one stays 0 */
	for (uint32_t i = 0; i < words->n; i++)
		image->args[at + i] = words->at[i].text[0] ? intern(image, words->at[i].text) : 1;
	return at;
}

static void bad_row(struct image *image, const struct script *script, struct table_service *row)
{
	memset(row, 0, sizeof(*row));
	row->name = text(image, script->name);
	row->file = text(image, script->path);
	row->line = script->fault_line;
	row->fault = text(image, script->fault);
	row->stop_signal = SIGTERM;
	row->flags = TABLE_BAD | (script->row.flags &
				  (TABLE_NOSTART | TABLE_CRITICAL | TABLE_DISABLED | TABLE_PLAIN));
}

static void good_row(struct image *image, const struct script *script, struct table_service *row)
{
	*row = script->row;
	row->name = text(image, script->name);
	row->file = text(image, script->path);
	row->line = script->fault_line;
	row->fault = text(image, script->fault);
	row->describe = text(image, script->describe);
	row->tty = text(image, script->tty);
	row->start = list(image, &script->start);
	row->stop = list(image, &script->stop);
	row->reload = list(image, &script->reload);
	row->wait = list(image, &script->wait);
	row->probe = list(image, &script->probe);
}

/* What a row needs whatever becomes of it: name, path and a short fault. */
static uint32_t least(const struct script *script)
{
	return (uint32_t)(strlen(script->name) + strlen(script->path)) + 2;
}

static void row_make(struct image *image, struct script *script, struct table_service *row)
{
	uint32_t n_text = image->n_text;
	uint32_t n_args = image->n_args;

	image->full = false;
	if (script_sound(script))
		good_row(image, script, row);
	else
		bad_row(image, script, row);
	if (!image->full)
		return;
	memset(image->args + n_args, 0, (image->n_args - n_args) * sizeof(uint32_t));
	image->n_text = n_text;
	image->n_args = n_args;
	if (!image->overflowed)
		image->room += SLACK / 2; /* for the fault below */
	image->overflowed = true;
	script->kept = false;
	script->fault = NULL;
	script_error(script, 0, 0, "no room: the table would exceed %d bytes", TABLE_BYTES);
	script->n_edges = 0;
	script->fault = "no room in the table";
	bad_row(image, script, row);
}

/* The names of the rows to come are set apart, so that each gets at least a BAD one. */
static bool rows_make(struct image *image, struct scripts *scripts, const struct sources *sources,
		      struct table_service *rows)
{
	uint64_t reserve = SLACK;

	for (uint32_t i = 0; i < scripts->n; i++)
		reserve += least(scripts->at[i]);
	for (uint32_t i = 0; i < sources->n; i++)
		reserve += strlen(sources->at[i].path) + 1;
	if (reserve > image->room)
		return false;
	image->room -= (uint32_t)reserve;
	for (uint32_t i = 0; i < scripts->n; i++) {
		image->room += least(scripts->at[i]);
		row_make(image, scripts->at[i], &rows[i]);
	}
	image->room += (uint32_t)reserve;
	return true;
}

static void edges_make(const struct scripts *scripts, struct table_service *rows,
		       struct table_edge *edges, struct table_edge *back)
{
	uint32_t *next = heap_take((scripts->n + 1) * sizeof(*next));
	uint32_t n = 0;

	for (uint32_t i = 0; i < scripts->n; i++) {
		const struct script *script = scripts->at[i];

		rows[i].edges = n;
		rows[i].n_edges = script->n_edges;
		for (uint32_t k = 0; k < script->n_edges; k++) {
			edges[n].service = (uint16_t)script->edges[k].to;
			edges[n++].kind = (uint16_t)script->edges[k].kind;
			rows[script->edges[k].to].n_back++;
		}
	}
	for (uint32_t i = 0, at = 0; i < scripts->n; i++) {
		rows[i].back = next[i] = at;
		at += rows[i].n_back;
	}
	for (uint32_t i = 0; i < scripts->n; i++)
		for (uint32_t k = 0; k < rows[i].n_edges; k++) {
			const struct table_edge *edge = &edges[rows[i].edges + k];
			struct table_edge *other = &back[next[edge->service]++];

			other->service = (uint16_t)i;
			other->kind = edge->kind;
		}
}

/* Of a folder the size is what source.h made of its names; of a device nothing. */
static void sources_make(struct image *image, const struct sources *sources,
			 struct table_source *out)
{
	for (uint32_t i = 0; i < sources->n; i++) {
		const struct stat *st = &sources->at[i].st;
		uint64_t size = S_ISREG(st->st_mode) || S_ISDIR(st->st_mode) ? (uint64_t)st->st_size
									     : 0;
		uint64_t mtime = (uint64_t)st->st_mtim.tv_sec;

		out[i].path = text(image, sources->at[i].path);
		out[i].mode = st->st_mode;
		out[i].size_low = (uint32_t)size;
		out[i].size_high = (uint32_t)(size >> 32);
		out[i].mtime_low = (uint32_t)mtime;
		out[i].mtime_high = (uint32_t)(mtime >> 32);
		out[i].mtime_ns = (uint32_t)st->st_mtim.tv_nsec;
	}
}

static void *place(char *data, struct table_area *area, uint32_t *at, uint32_t n, uint32_t bytes)
{
	area->at = *at;
	area->n = n;
	*at += (n * bytes + 3) / 4 * 4;
	return data + area->at;
}

static uint32_t count_edges(const struct scripts *scripts)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < scripts->n; i++)
		n += scripts->at[i]->n_edges;
	return n;
}

void *image_make(struct scripts *scripts, const struct sources *sources, size_t *size)
{
	struct image *image = heap_take(sizeof(*image));
	uint32_t at = sizeof(struct table_header);
	char *data = heap_take(TABLE_BYTES);
	struct table_header *header = (void *)data;
	struct table_service *rows;
	struct table_edge *edges;
	struct table_edge *back;
	struct table_source *sources_at;
	uint32_t n_edges = count_edges(scripts);
	uint64_t fixed = sizeof(*header) + scripts->n * sizeof(*rows) + 2ull * n_edges * 4 +
			 sources->n * sizeof(*sources_at) + 16;

	if (fixed > TABLE_BYTES)
		return NULL;
	image->text = heap_take(TABLE_BYTES);
	image->args = heap_take(TABLE_BYTES);
	image->room = TABLE_BYTES - (uint32_t)fixed;
	image->n_text = 2; /* none, and an empty word */
	image->n_args = 1;
	rows = place(data, &header->services, &at, scripts->n, sizeof(*rows));
	if (!rows_make(image, scripts, sources, rows))
		return NULL;
	n_edges = count_edges(scripts);
	edges = place(data, &header->edges, &at, n_edges, sizeof(*edges));
	back = place(data, &header->back, &at, n_edges, sizeof(*back));
	edges_make(scripts, rows, edges, back);
	sources_at = place(data, &header->sources, &at, sources->n, sizeof(*sources_at));
	sources_make(image, sources, sources_at);
	memcpy(place(data, &header->args, &at, image->n_args, 4), image->args, image->n_args * 4);
	memcpy(place(data, &header->text, &at, image->n_text, 1), image->text, image->n_text);
	header->magic = TABLE_MAGIC;
	header->version = TABLE_VERSION;
	header->size = at;
	header->checksum = table_sum(&header->services,
				     at - offsetof(struct table_header, services));
	*size = at;
	return data;
}
