#include "dot.h"

#include "heap.h"
#include "report.h"

#include <stdio.h>
#include <string.h>

/* A string of the dot language: quotes and backslashes are escaped. */
static const char *quoted(const char *text)
{
	const char *safe = report_escape(text, TABLE_NAME);
	char *out = heap_take(2 * strlen(safe) + 3);
	size_t n = 0;

	out[n++] = '"';
	for (; *safe; safe++) {
		if (*safe == '"' || *safe == '\\')
			out[n++] = '\\';
		out[n++] = *safe;
	}
	out[n++] = '"';
	return out;
}

static const char *shape(const struct script *script)
{
	static const char *const shapes[] = { "box", "ellipse", "ellipse", "hexagon" };

	return shapes[script->row.type];
}

static const char *style(const struct script *script)
{
	if (!script_sound(script))
		return ", color=red, fontcolor=red";
	if (script->row.flags & (TABLE_DISABLED | TABLE_NOSTART))
		return ", style=dashed";
	return "";
}

void dot_print(const struct scripts *scripts)
{
	static const char *const styles[] = {
		"style=bold",
		"style=solid",
		"style=dashed, color=gray40",
		"style=dotted, color=gray40",
		"dir=both, color=red, arrowhead=tee, arrowtail=tee, constraint=false",
	};

	(void)puts("digraph rc {\n\trankdir=LR;\n\tnode [fontname=\"sans-serif\"];");
	for (uint32_t i = 0; i < scripts->n; i++) {
		const struct script *script = scripts->at[i];
		const char *tip = script->fault ? script->fault : script->describe;

		(void)printf("\t%s [shape=%s%s, tooltip=%s];\n", quoted(script->name),
			     shape(script), style(script), quoted(tip ? tip : script->path));
	}
	for (uint32_t i = 0; i < scripts->n; i++)
		for (uint32_t k = 0; k < scripts->at[i]->n_edges; k++) {
			const struct edge *edge = &scripts->at[i]->edges[k];

			(void)printf("\t%s -> %s [%s];\n", quoted(scripts->at[i]->name),
				     quoted(scripts->at[edge->to]->name), styles[edge->kind]);
		}
	(void)puts("}");
}
