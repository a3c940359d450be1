#include "script.h"

#include "heap.h"
#include "report.h"

#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	MESSAGE = 1024
};

void words_add(struct words *words, const char *text, uint32_t line, uint32_t column)
{
	words->at = heap_grow(words->at, words->n, sizeof(*words->at));
	words->at[words->n++] = (struct word){ text, line, column };
}

void scripts_add(struct scripts *scripts, struct script *script)
{
	scripts->at = heap_grow(scripts->at, scripts->n, sizeof(struct script *));
	scripts->at[scripts->n++] = script;
}

static int compare(const void *a, const void *b)
{
	const struct script *const *x = a;
	const struct script *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

void scripts_sort(struct scripts *scripts)
{
	if (scripts->n)
		qsort(scripts->at, scripts->n, sizeof(struct script *), compare);
}

/* "10-net" and "S40net" also answer to "net". */
static const char *brief_of(const char *name)
{
	const char *rest = name;

	if (name[0] == 'S' && isdigit((unsigned char)name[1]) && isdigit((unsigned char)name[2])) {
		rest = name + 3;
		rest += *rest == '-';
	} else {
		rest += strspn(rest, "0123456789");
		if (rest == name || *rest != '-')
			return NULL;
		rest++;
	}
	return *rest ? rest : NULL;
}

struct script *script_new(const char *name, const char *path, const char *shown, const char *host)
{
	struct script *script = heap_take(sizeof(*script));

	script->name = name;
	script->brief = brief_of(name);
	script->path = path;
	script->shown = shown;
	script->host = host;
	script->row.stop_signal = SIGTERM;
	script->row.start_timeout_ms = SCRIPT_DEFAULT_MS;
	script->row.stop_timeout_ms = SCRIPT_DEFAULT_MS;
	return script;
}

void script_fail(struct script *script, uint32_t line, const char *text)
{
	if (script->fault && !script->kept)
		return;
	script->kept = false;
	script->fault = text;
	script->fault_line = line;
	script->row.flags |= TABLE_BAD;
}

void script_verror(struct script *script, uint32_t line, uint32_t column, const char *format,
		   va_list args)
{
	char text[MESSAGE];

	(void)vsnprintf(text, sizeof(text), format, args);
	script_fail(script, line, report_escape(text, MESSAGE));
	report_line(REPORT_ERROR, script->shown, line, column, report_escape(text, MESSAGE));
}

void script_error(struct script *script, uint32_t line, uint32_t column, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	script_verror(script, line, column, format, args);
	va_end(args);
}

void script_warn(const struct script *script, uint32_t line, uint32_t column, const char *format,
		 ...)
{
	char text[MESSAGE];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	report_line(REPORT_WARNING, script->shown, line, column, report_escape(text, MESSAGE));
}
