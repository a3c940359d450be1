#include "template.h"

#include "input.h"
#include "table.h"

#include <stdio.h>
#include <string.h>

static const char daemon_text[] =
	"#!/bin/sh\n"
	"# @: a program that runs in the foreground and is supervised.\n"
	"#\n"
	"#: describe   what @ is good for\n"
	"#: run        /usr/bin/@\n"
	"#\n"
	"# The lines that begin with \"#:\" are all there is to it: the program is started\n"
	"# directly, without a shell.  When it ends it is started again, after 1s and then\n"
	"# ever later up to 60s, and slowly after 10 starts in 60s; `restart` says\n"
	"# otherwise.  Some more lines, to take the second \"#\" from:\n"
	"#\n"
	"##: require    network\n"
	"##: ready      notify\n"
	"##: restart    on-failure 1s..30s, at most 5 in 60s\n"
	"##: user       @\n"
	"##: limit      nofile=256 memory=32M\n"
	"##: env        LANG=C\n"
	"exec /usr/bin/@\n";

static const char oneshot_text[] =
	"#!/bin/sh\n"
	"# @: something that is done once and may be undone.\n"
	"#\n"
	"#: describe   what @ sets up\n"
	"#\n"
	"# PID 1 calls this with \"start\" on the way up and with \"stop\" on the way down.\n"
	"# Some more lines, to take the second \"#\" from:\n"
	"#\n"
	"##: require       network\n"
	"##: wait          dev=ttyUSB0\n"
	"##: start-timeout 30s\n"
	"##: keyword       firstboot\n"
	"set -eu\n"
	"\n"
	"case $1 in\n"
	"start) echo \"@ starts\" ;;\n"
	"stop) echo \"@ stops\" ;;\n"
	"*)\n"
	"\techo \"usage: $0 start|stop\" >&2\n"
	"\texit 2\n"
	"\t;;\n"
	"esac\n";

static const char forking_text[] =
	"#!/bin/sh\n"
	"# @: a daemon that goes to the background by itself.\n"
	"#\n"
	"#: describe   what @ is good for\n"
	"#: type       forking\n"
	"#: pidfile    /run/@.pid\n"
	"#\n"
	"# When a program can stay in the foreground, do without this: `run` starts it\n"
	"# faster and knows its pid for certain.  Some more lines, to take the second\n"
	"# \"#\" from:\n"
	"#\n"
	"##: require    network\n"
	"##: ready      tcp=80\n"
	"##: restart    on-failure 1s..30s, at most 5 in 60s\n"
	"set -eu\n"
	"\n"
	"case $1 in\n"
	"start) /usr/sbin/@ --pidfile /run/@.pid ;;\n"
	"stop)\n"
	"\tif [ -r /run/@.pid ]; then\n"
	"\t\tread -r pid </run/@.pid\n"
	"\t\tkill \"$pid\"\n"
	"\tfi\n"
	"\t;;\n"
	"*)\n"
	"\techo \"usage: $0 start|stop\" >&2\n"
	"\texit 2\n"
	"\t;;\n"
	"esac\n";

/* The program's name is that of the service, without a number in front. */
static const char *program(const char *name)
{
	size_t digits = strspn(name, "0123456789");

	return digits && name[digits] == '-' && name[digits + 1] ? name + digits + 1 : name;
}

bool template_name_good(const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._+-";
	size_t n = strlen(name);

	return n > 0 && n <= TABLE_NAME && name[strspn(name, allowed)] == '\0' && name[0] != '-' &&
	       input_wanted(name);
}

bool template_print(const char *name, const char *kind)
{
	const char *text = strcmp(kind, "daemon") == 0    ? daemon_text
			   : strcmp(kind, "oneshot") == 0 ? oneshot_text
			   : strcmp(kind, "forking") == 0 ? forking_text
							  : NULL;

	if (!text)
		return false;
	for (; *text; text++)
		if (*text == '@')
			(void)fputs(program(name), stdout);
		else
			(void)putchar(*text);
	return true;
}
