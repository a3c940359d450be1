#include "report.h"

#include "heap.h"

#include <stdio.h>
#include <string.h>

static struct {
	bool mute;
	uint32_t errors;
	uint64_t *seen; /* hashes of the lines so far */
	uint32_t n_seen;
} report;

void report_init(bool mute)
{
	memset(&report, 0, sizeof(report));
	report.mute = mute;
}

static bool is_new(const char *line)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (; *line; line++)
		hash = (hash ^ (unsigned char)*line) * 0x100000001b3;
	for (uint32_t i = report.n_seen; i > 0; i--)
		if (report.seen[i - 1] == hash)
			return false;
	report.seen = heap_grow(report.seen, report.n_seen, sizeof(*report.seen));
	report.seen[report.n_seen++] = hash;
	return true;
}

void report_line(enum report_kind kind, const char *file, uint32_t line, uint32_t column,
		 const char *text)
{
	char place[32] = "";
	const char *all;

	if (line && column)
		(void)snprintf(place, sizeof(place), ":%u:%u", line, column);
	else if (line)
		(void)snprintf(place, sizeof(place), ":%u", line);
	all = heap_print("%s%s: %s%s", report_escape(file, 4096), place,
			 kind == REPORT_WARNING ? "warning: " : "", text);
	if (!is_new(all))
		return;
	if (kind == REPORT_ERROR)
		report.errors++;
	if (!report.mute)
		(void)fprintf(stderr, "rcc: %s\n", all);
}

uint32_t report_errors(void)
{
	return report.errors;
}

char *report_escape(const char *text, uint32_t max)
{
	char *out = heap_take(4 * strlen(text) + 4);
	uint32_t n = 0;

	for (; *text && n < max; text++) {
		unsigned char c = (unsigned char)*text;

		if (c >= 0x20 && c < 0x7f)
			out[n++] = *text;
		else
			n += (uint32_t)sprintf(out + n, "\\x%02x", c);
	}
	strcpy(out + n, *text ? "..." : "");
	return out;
}
