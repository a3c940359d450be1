#include "wait.h"

#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "main_pid.h"
#include "ready.h"
#include "things.h"
#include "tool.h"

static int usage(void)
{
	static const char text[] =
		"usage: rcwait for ITEM...\n"
		"       rcwait ready CONDITION\n"
		"       rcwait main -n NAME [-p PIDFILE] [CONDITION]\n"
		"ITEM: dev=NAME path=/PATH mount=/PATH time net=default-route\n"
		"      net=IFACE[,up|carrier|address]\n"
		"CONDITION: file=/PATH unix=/PATH tcp=PORT udp=PORT check=COMMAND\n";

	return write(STDERR_FILENO, text, sizeof(text) - 1) < 0 ? TOOL_FAILED : TOOL_USAGE;
}

/* The words behind `main`. */
static int wait_main_pid(char **words)
{
	const char *name = NULL, *pidfile = NULL, *condition = NULL;
	int status = 0;
	pid_t pid;

	for (; *words; words++) {
		if (!strcmp(*words, "-n") && words[1])
			name = *++words;
		else if (!strcmp(*words, "-p") && words[1])
			pidfile = *++words;
		else if (!condition && **words != '-')
			condition = *words;
		else
			return usage();
	}
	if (!name || !tool_is_name(name) || (pidfile && *pidfile != '/'))
		return usage();
	if (condition && !ready_is_valid(condition))
		return TOOL_USAGE;
	pid = main_pid_find(name, pidfile);
	if (pid && main_pid_tell(name, pid) < 0)
		status = TOOL_FAILED;
	if (status == 0 && condition)
		status = ready_wait(condition);
	return status;
}

int wait_main(char **argv)
{
	char **words = *argv ? argv + 1 : argv;

	if (!words[0] || !words[1])
		return usage();
	if (!strcmp(words[0], "for"))
		return things_wait(words + 1);
	if (!strcmp(words[0], "main"))
		return wait_main_pid(words + 1);
	if (strcmp(words[0], "ready") || words[2])
		return usage();
	return ready_is_valid(words[1]) ? ready_wait(words[1]) : TOOL_USAGE;
}
