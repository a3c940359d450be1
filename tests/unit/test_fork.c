/*
 * How PID 1 makes every process: fork(2), which returns twice, and execve(2),
 * which does not return but puts another program into the same process.
 *
 * This tests the kernel, not tinyinit: it is here to be read.  The program calls
 * itself with "--report" and tells, through a pipe, what it finds after execve.
 */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	KEPT_FD = 50,   /* without FD_CLOEXEC */
	CLOSED_FD = 51, /* with it */
	REPORT_FD = 52, /* where the new program writes its report */
};

/* Memory of this program: a new one begins with the 1 that stands here. */
static volatile int in_memory = 1;

/* What a program knows of itself. */
struct report {
	pid_t pid;
	pid_t parent;
	int memory;
	bool kept_fd;
	bool closed_fd;
	bool usr1_blocked;
	bool usr2_ignored;
	bool term_default;
	mode_t mask;
	char cwd[PATH_MAX];
	char argument[32];
	char environment[32]; /* the first and only string of it */
	int n_environment;
};

extern char **environ;

static int write_report(const char *argument)
{
	static struct report r;
	struct sigaction action;
	sigset_t blocked;

	r.pid = getpid();
	r.parent = getppid();
	r.memory = in_memory;
	r.kept_fd = fcntl(KEPT_FD, F_GETFD) >= 0;
	r.closed_fd = fcntl(CLOSED_FD, F_GETFD) >= 0;
	(void)sigprocmask(SIG_BLOCK, NULL, &blocked);
	r.usr1_blocked = sigismember(&blocked, SIGUSR1) == 1;
	(void)sigaction(SIGUSR2, NULL, &action);
	r.usr2_ignored = action.sa_handler == SIG_IGN;
	(void)sigaction(SIGTERM, NULL, &action);
	r.term_default = action.sa_handler == SIG_DFL;
	r.mask = umask(0);
	if (!getcwd(r.cwd, sizeof(r.cwd)))
		return 1;
	(void)snprintf(r.argument, sizeof(r.argument), "%s", argument);
	if (environ[0])
		(void)snprintf(r.environment, sizeof(r.environment), "%s", environ[0]);
	while (environ[r.n_environment])
		r.n_environment++;
	return write(REPORT_FD, &r, sizeof(r)) == (ssize_t)sizeof(r) ? 0 : 1;
}

static void handler(int signal)
{
	(void)signal;
}

static int wait_for(pid_t pid)
{
	int status = 0;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void make_pipe(int ends[2])
{
	assert_int_equal(pipe(ends), 0);
}

/* --- fork --------------------------------------------------------------------- */

/* One call, two returns: 0 in the child, the child's pid in the parent. */
static void fork_returns_twice(void **state)
{
	struct {
		pid_t returned;
		pid_t own;
		pid_t parent;
	} child;
	int ends[2];
	pid_t pid;

	(void)state;
	make_pipe(ends);
	pid = fork();
	if (pid == 0) { /* here we are the child ... */
		child.returned = pid;
		child.own = getpid();
		child.parent = getppid();
		_exit(write(ends[1], &child, sizeof(child)) == (ssize_t)sizeof(child) ? 0 : 1);
	}
	assert_true(pid > 0); /* ... and here the parent */
	assert_int_equal(read(ends[0], &child, sizeof(child)), sizeof(child));
	assert_int_equal(child.returned, 0);
	assert_int_equal(child.own, pid);
	assert_int_equal(child.parent, getpid());
	assert_int_not_equal(pid, getpid());
	assert_int_equal(wait_for(pid), 0);
	close(ends[0]);
	close(ends[1]);
}

/* The child's memory is a copy: what it writes there only it sees. */
static void the_childs_memory_is_its_own(void **state)
{
	pid_t pid;

	(void)state;
	in_memory = 5;
	pid = fork();
	if (pid == 0) {
		bool same = in_memory == 5;

		in_memory = 6;
		_exit(same ? 0 : 1);
	}
	assert_int_equal(wait_for(pid), 0);
	assert_int_equal(in_memory, 5);
	in_memory = 1;
}

/* --- execve ------------------------------------------------------------------- */

/* Leave marks on this process, then become the program that reports on them. */
static void become_report(const int ends[2])
{
	char *const argv[] = { "report", "--report", "an argument", NULL };
	char *const envp[] = { "GREETING=hello", NULL };
	sigset_t usr1;

	in_memory = 42;
	(void)dup2(ends[1], KEPT_FD);
	(void)dup2(ends[1], CLOSED_FD);
	(void)fcntl(CLOSED_FD, F_SETFD, FD_CLOEXEC);
	(void)dup2(ends[1], REPORT_FD);
	(void)sigemptyset(&usr1);
	(void)sigaddset(&usr1, SIGUSR1);
	(void)sigprocmask(SIG_BLOCK, &usr1, NULL);
	(void)signal(SIGUSR2, SIG_IGN);
	(void)signal(SIGTERM, handler);
	(void)umask(0135);
	if (chdir("/usr") < 0)
		_exit(126);
	(void)execve("/proc/self/exe", argv, envp);
	_exit(127); /* execve returns only if it failed */
}

static struct report exec_report(pid_t *pid)
{
	struct report r;
	int ends[2];

	make_pipe(ends);
	*pid = fork();
	if (*pid == 0)
		become_report(ends);
	close(ends[1]);
	memset(&r, 0, sizeof(r));
	assert_int_equal(read(ends[0], &r, sizeof(r)), sizeof(r));
	assert_int_equal(wait_for(*pid), 0);
	close(ends[0]);
	return r;
}

static void exec_keeps_the_process(void **state)
{
	pid_t pid;
	struct report r = exec_report(&pid);

	(void)state;
	assert_int_equal(r.pid, pid); /* what fork returned is still its pid */
	assert_int_equal(r.parent, getpid());
	assert_true(r.kept_fd);
	assert_true(r.usr1_blocked);
	assert_true(r.usr2_ignored);
	assert_int_equal(r.mask, 0135);
	assert_string_equal(r.cwd, "/usr");
}

static void exec_replaces_the_program(void **state)
{
	pid_t pid;
	struct report r = exec_report(&pid);

	(void)state;
	assert_int_equal(r.memory, 1); /* the 42 is gone with the old memory */
	assert_false(r.closed_fd);     /* FD_CLOEXEC: closed on exec */
	assert_true(r.term_default);   /* the handler's code is gone, too */
	/* Arguments and environment are those that were passed, and no others. */
	assert_string_equal(r.argument, "an argument");
	assert_string_equal(r.environment, "GREETING=hello");
	assert_int_equal(r.n_environment, 1);
}

static void exec_that_fails_returns(void **state)
{
	char *const argv[] = { "nothing", NULL };

	(void)state;
	errno = 0;
	assert_int_equal(execve("/no/such/program", argv, environ), -1);
	assert_int_equal(errno, ENOENT);
	errno = 0;
	assert_int_equal(execve("/etc/passwd", argv, environ), -1);
	assert_int_equal(errno, EACCES); /* not executable */
	assert_int_equal(in_memory, 1);  /* we are who we were */
}

/* --- both ------------------------------------------------------------------------ */

/* What the example service does: echo speaks with the pid that its parent saw. */
static void echo_says_hi_with_the_pid_of_the_fork(void **state)
{
	char expected[64];
	char said[64] = "";
	int ends[2];
	pid_t pid;

	(void)state;
	make_pipe(ends);
	pid = fork();
	if (pid == 0) {
		char text[32];
		char *const argv[] = { "/bin/echo", text, NULL };
		char *const envp[] = { NULL };

		(void)snprintf(text, sizeof(text), "pid=%d hi", (int)getpid());
		(void)dup2(ends[1], STDOUT_FILENO);
		(void)execve(argv[0], argv, envp);
		_exit(127);
	}
	assert_int_equal(wait_for(pid), 0);
	assert_true(read(ends[0], said, sizeof(said) - 1) > 0);
	(void)snprintf(expected, sizeof(expected), "pid=%d hi\n", (int)pid);
	assert_string_equal(said, expected);
	close(ends[0]);
	close(ends[1]);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fork_returns_twice),
		cmocka_unit_test(the_childs_memory_is_its_own),
		cmocka_unit_test(exec_keeps_the_process),
		cmocka_unit_test(exec_replaces_the_program),
		cmocka_unit_test(exec_that_fails_returns),
		cmocka_unit_test(echo_says_hi_with_the_pid_of_the_fork),
	};

	if (argc == 3 && strcmp(argv[1], "--report") == 0)
		_exit(write_report(argv[2]));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
