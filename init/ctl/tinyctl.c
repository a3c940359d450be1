/*
 * tinyctl: the client of PID 1, and the helpers that it has services start with.
 *
 * One program with several names: the last part of argv[0] chooses, or the
 * first argument does (`tinyctl rcexec ...` is `rcexec ...`).
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "exec.h"
#include "place.h"
#include "status.h"
#include "tool.h"
#include "version.h"
#include "wait.h"

/* What PID 1 does at a signal: the words of busybox and toybox. */
static const struct verb {
	const char *name;
	int signal;
} verbs[] = {
	{ "reload", SIGHUP },
	{ "poweroff", SIGUSR2 },
	{ "reboot", SIGTERM },
	{ "halt", SIGUSR1 },
};

static int usage(void)
{
	static const char text[] =
		"usage: tinyctl status [NAME]             how the services are\n"
		"       tinyctl reload                    read the services again\n"
		"       tinyctl poweroff | reboot | halt  take the board down\n"
		"       tinyctl check [FOLDER]            look for faults in services\n"
		"       tinyctl version\n";

	return write(STDERR_FILENO, text, sizeof(text) - 1) < 0 ? TOOL_FAILED : TOOL_USAGE;
}

static int ask(const struct verb *verb)
{
	if (kill(1, verb->signal) == 0)
		return 0;
	if (errno == EPERM)
		say(verb->name, "only root may ask for this: run it as root");
	else
		say(verb->name, "signal to PID 1: ", strerror(errno));
	return TOOL_FAILED;
}

/* argv[0] is "check" and stays; the program's name takes the place before it. */
static int check(char **argv)
{
	static char rcc[] = PLACE_RCC;

	argv[-1] = rcc;
	execv(rcc, argv - 1);
	say("check", rcc, ": ", strerror(errno));
	return TOOL_FAILED;
}

static int version(void)
{
	static const char text[] = "tinyinit " TINYINIT_VERSION "\n";

	return write(STDOUT_FILENO, text, sizeof(text) - 1) < 0 ? TOOL_FAILED : 0;
}

int main(int argc, char **argv)
{
	const char *name = argc ? strrchr(argv[0], '/') : NULL;

	if (!argc)
		return usage();
	name = name ? name + 1 : argv[0];
	if (strcmp(name, "rcexec") && strcmp(name, "rcwait")) {
		if (!*++argv)
			return usage();
		name = *argv;
	}
	if (!strcmp(name, "rcexec"))
		exec_main(argv);
	if (!strcmp(name, "rcwait"))
		return wait_main(argv);
	if (!strcmp(name, "check"))
		return check(argv);
	if (!strcmp(name, "status") && !(argv[1] && argv[2]))
		return status_print(argv[1]);
	if (argv[1])
		return usage();
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (!strcmp(name, verbs[i].name))
			return ask(&verbs[i]);
	if (!strcmp(name, "version"))
		return version();
	return usage();
}
