#include "process.h"

#include <string.h>
#include <unistd.h>

#include "lines.h"
#include "tool.h"

enum {
	FORKED_NO_EXEC = 0x40, /* PF_FORKNOEXEC of linux/sched.h */
};

/* The number of a word of /proc/PID/stat; a negative one is 0. */
static uint64_t number_at(const char *words, int n)
{
	const char *word = lines_word(words, n);
	size_t len = strcspn(word, " ");
	char digits[24];
	uint64_t value = 0;

	if (len >= sizeof(digits))
		return 0;
	memcpy(digits, word, len);
	digits[len] = '\0';
	tool_number(digits, 10, UINT64_MAX, &value);
	return value;
}

/* pid (name) state ppid pgrp session tty tpgid flags ... 22: starttime */
static bool take(const char *line, void *arg)
{
	struct process *process = arg;
	const char *words = strrchr(line, ')');
	uint64_t ticks = (uint64_t)sysconf(_SC_CLK_TCK);

	if (!words || !words[1] || !words[2] || strchr("ZXx", words[2]))
		return false;
	words += 2;
	process->parent = (pid_t)number_at(words, 1);
	process->session = (pid_t)number_at(words, 3);
	process->has_execed = !(number_at(words, 6) & FORKED_NO_EXEC);
	process->start_ms = number_at(words, 19) * 1000 / ticks;
	return true;
}

bool process_read(struct process *process, pid_t pid)
{
	char path[40] = "/proc/";

	if (pid <= 0)
		return false;
	strcat(path, tool_decimal((uint64_t)pid));
	strcat(path, "/stat");
	process->pid = pid;
	return lines_find(path, take, process) == 1;
}
