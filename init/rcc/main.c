/*
 * rcc: the compiler of rc scripts.
 *
 * It reads the scripts and writes the service table that PID 1 reads, at image
 * build and, as a child of PID 1, whenever a script has changed.  A script that
 * does not parse becomes a row that says why, and never stops the others.
 */
#include "check.h"
#include "dot.h"
#include "graph.h"
#include "heap.h"
#include "image.h"
#include "input.h"
#include "keep.h"
#include "place.h"
#include "report.h"
#include "template.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
	DONE = 0,
	FAILED = 1,
	USAGE = 2,
};

struct options {
	const char *root; /* "" for / */
	const char *out;
	const char *keep;
	char **dirs;
};

static int usage(void)
{
	(void)fputs("usage: rcc compile [--root DIR] [-o FILE] [--keep TABLE] [DIR...]\n"
		    "       rcc check [--root DIR] [DIR...]\n"
		    "       rcc graph [--root DIR] [DIR...]\n"
		    "       rcc new NAME [daemon|oneshot|forking]\n",
		    stderr);
	return USAGE;
}

static const char *root_of(const char *dir)
{
	size_t n = strlen(dir);

	while (n && dir[n - 1] == '/')
		n--;
	return heap_copy(dir, n);
}

/* Options, then folders.  False: wrong usage. */
static bool parse(struct options *o, char **argv, bool compile)
{
	memset(o, 0, sizeof(*o));
	o->root = "";
	for (; *argv && (*argv)[0] == '-'; argv++) {
		const char *option = *argv;

		if (strcmp(option, "--") == 0) {
			argv++;
			break;
		}
		if (!argv[1] || argv[1][0] == '\0')
			return false;
		argv++;
		if (strcmp(option, "--root") == 0)
			o->root = root_of(*argv);
		else if (compile && strcmp(option, "-o") == 0)
			o->out = *argv;
		else if (compile && strcmp(option, "--keep") == 0)
			o->keep = *argv;
		else
			return false;
	}
	o->dirs = argv;
	if (!o->out)
		o->out = *o->root ? heap_print("%s%s", o->root, PLACE_TABLE) : PLACE_RUN_TABLE;
	return true;
}

static int compile(const struct options *o)
{
	struct input input;
	struct table table;
	size_t size;
	void *data;
	int error;

	input_read(&input, o->root, o->dirs);
	if (o->keep)
		(void)keep_rows(&input.scripts, o->keep);
	input_instances(&input);
	graph_make(&input.scripts);
	if (o->keep && keep_again(&input.scripts, o->keep)) {
		input_instances(&input);
		graph_make(&input.scripts);
	}
	data = image_make(&input.scripts, &input.sources, &size);
	if (!data || table_check(&table, data, size) != TABLE_SOUND) {
		report_line(REPORT_ERROR, o->out, 0, 0,
			    data ? "the table would not be sound" : "the names alone do not fit");
		return FAILED;
	}
	error = image_write(o->out, data, size);
	if (error) {
		report_line(REPORT_ERROR, o->out, 0, 0, strerror(-error));
		return FAILED;
	}
	return DONE;
}

static int check(const struct options *o)
{
	struct input input;

	input_read(&input, o->root, o->dirs);
	graph_make(&input.scripts);
	check_scripts(&input.scripts, o->root);
	return report_errors() ? FAILED : DONE;
}

static int graph(const struct options *o)
{
	struct input input;

	input_read(&input, o->root, o->dirs);
	graph_make(&input.scripts);
	dot_print(&input.scripts);
	return fflush(stdout) || ferror(stdout) ? FAILED : DONE;
}

static int new_script(char **argv)
{
	if (!argv[0] || (argv[1] && argv[2]))
		return usage();
	if (!template_name_good(argv[0])) {
		report_line(REPORT_ERROR, argv[0], 0, 0, "not a good name for a service");
		return USAGE;
	}
	if (!template_print(argv[0], argv[1] ? argv[1] : "daemon"))
		return usage();
	return fflush(stdout) || ferror(stdout) ? FAILED : DONE;
}

int main(int argc, char **argv)
{
	struct options o;
	const char *command = argc > 1 ? argv[1] : "";
	bool compiles = strcmp(command, "compile") == 0;

	report_init(false);
	if (strcmp(command, "new") == 0)
		return new_script(argv + 2);
	if (argc < 2 || !parse(&o, argv + 2, compiles))
		return usage();
	if (compiles)
		return compile(&o);
	if (strcmp(command, "check") == 0)
		return check(&o);
	if (strcmp(command, "graph") == 0)
		return graph(&o);
	return usage();
}
