/* reap: every end of every child, once, with the right status. */
#include "reap.h"

#include "place.h"

#include <sys/resource.h>

enum {
	AT_ONCE = 50,
	ORPHANS = 300,
};

/* A child that ends as told; SIGCHLD stays blocked, as PID 1 has it. */
static pid_t ends_with(int code, int signal)
{
	pid_t pid = fork();

	want(pid >= 0);
	if (pid == 0) {
		if (signal)
			(void)kill(getpid(), signal);
		_exit(code);
	}
	return pid;
}

static void block_sigchld(void)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGCHLD);
	want(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
}

/* All children there are have become zombies. */
static void wait_for_ends(const pid_t *pids, int n)
{
	siginfo_t info;

	for (int i = 0; i < n; i++)
		want(waitid(P_PID, (id_t)pids[i], &info, WEXITED | WNOWAIT) == 0);
}

/* Wait until some child has ended; false if there is none. */
static bool wait_for_one(void)
{
	siginfo_t info;

	return waitid(P_ALL, 0, &info, WEXITED | WNOWAIT) == 0;
}

static void reap_one(struct reaped *reaped)
{
	want(wait_for_one());
	want_equal(reap_next(reaped), 1);
}

/* 50 ends make one SIGCHLD; none of them may be forgotten for that. */
static void many_end_while_nobody_looks(void)
{
	pid_t pids[AT_ONCE];
	bool seen[AT_ONCE] = { false };
	struct reaped reaped;

	block_sigchld();
	for (int i = 0; i < AT_ONCE; i++)
		pids[i] = ends_with(i, 0);
	wait_for_ends(pids, AT_ONCE);
	for (int i = 0; i < AT_ONCE; i++) {
		want_equal(reap_next(&reaped), 1);
		for (int k = 0; k < AT_ONCE; k++) {
			if (pids[k] != reaped.pid)
				continue;
			want(!seen[k]);
			seen[k] = true;
			want(!reaped.by_signal);
			want_equal(reaped.number, k);
		}
	}
	for (int i = 0; i < AT_ONCE; i++)
		want(seen[i]);
	want_equal(reap_next(&reaped), -1);
}

static void every_exit_code(void)
{
	struct reaped reaped;

	for (int code = 0; code < 256; code++) {
		pid_t pid = ends_with(code, 0);

		reap_one(&reaped);
		want_equal(reaped.pid, pid);
		want(!reaped.by_signal);
		want_equal(reaped.number, code);
	}
}

static bool is_deadly(int signal)
{
	switch (signal) {
	case SIGCHLD:
	case SIGURG:
	case SIGWINCH:
	case SIGCONT:
	case SIGSTOP:
	case SIGTSTP:
	case SIGTTIN:
	case SIGTTOU:
		return false;
	default:
		return signal < 32 || signal >= SIGRTMIN;
	}
}

static void every_signal_with_core_limit(rlim_t limit)
{
	const struct rlimit core = { limit, limit };
	struct reaped reaped;

	want(setrlimit(RLIMIT_CORE, &core) == 0);
	for (int signal = 1; signal < SIGRTMAX; signal++) {
		pid_t pid;

		if (!is_deadly(signal))
			continue;
		/* A sanitizer has handlers of its own for some. */
		(void)sigaction(signal, &(struct sigaction){ .sa_handler = SIG_DFL }, NULL);
		pid = ends_with(0, signal);
		reap_one(&reaped);
		want_equal(reaped.pid, pid);
		want(reaped.by_signal);
		want_equal(reaped.number, signal);
	}
}

static void every_signal(void)
{
	every_signal_with_core_limit(0);
}

/* The core flag changes nothing; the file lands in the temporary folder. */
static void every_signal_with_a_core_file(void)
{
	struct rlimit core;

	want(getrlimit(RLIMIT_CORE, &core) == 0);
	every_signal_with_core_limit(core.rlim_max < 65536 ? core.rlim_max : 65536);
}

static void nobody_has_ended(void)
{
	struct reaped reaped = { .pid = 4711 };
	pid_t pid;
	siginfo_t info;

	want_equal(reap_next(&reaped), -1); /* there is nobody */
	pid = fork();
	if (pid == 0) {
		(void)pause();
		_exit(0);
	}
	want_equal(reap_next(&reaped), 0);
	(void)kill(pid, SIGSTOP); /* stopped is not ended */
	want(waitid(P_PID, (id_t)pid, &info, WSTOPPED | WNOWAIT) == 0);
	want_equal(reap_next(&reaped), 0);
	want_equal(reaped.pid, 4711);
	(void)kill(pid, SIGKILL);
	reap_one(&reaped);
	want_equal(reaped.pid, pid);
	want_equal(reaped.number, SIGKILL);
	want_equal(reap_next(&reaped), -1);
}

/* Orphans come to the namespace's PID 1 from whoever left them behind. */
static void orphans_are_reaped(void)
{
	struct reaped reaped;
	pid_t parent;
	int n = 0;

	want_equal(getpid(), 1);
	parent = fork();
	if (parent == 0) {
		for (int i = 0; i < ORPHANS; i++)
			if (fork() == 0)
				_exit(i % 256);
		_exit(0);
	}
	while (wait_for_one())
		while (reap_next(&reaped) == 1)
			n++;
	want_equal(n, ORPHANS + 1);
	want_equal(reap_next(&reaped), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(many_end_while_nobody_looks),
		STORY(every_exit_code),
		STORY(every_signal),
		STORY(every_signal_with_a_core_file),
		STORY(nobody_has_ended),
		STORY_IN(CLONE_NEWPID, orphans_are_reaped),
	};

	return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
