/*
 * payload: what a test has to have done inside the machine, and a shell cannot
 * do for certain.
 *
 *   payload orphans N    leave N orphans behind, for PID 1 to reap.  Nobody
 *                        else waits for them, as a shell might.  Every other one
 *                        ends at once and is a zombie before PID 1 inherits it;
 *                        the rest end when their parent has.  Number i exits
 *                        with the low byte of i.
 *   payload die SIGNAL   die of this signal, which the caller must have left
 *                        unblocked and at its default.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int orphans(int n)
{
	int ends[2];
	char c;

	if (n < 1 || pipe(ends) < 0)
		return 2;
	for (int i = 0; i < n; i++) {
		pid_t pid = fork();

		if (pid < 0)
			return 1;
		if (pid > 0)
			continue;
		close(ends[1]);
		if (i % 2 && read(ends[0], &c, 1) < 0)
			_exit(99);
		_exit(i & 255);
	}
	return 0;
}

int main(int argc, char **argv)
{
	int n = argc == 3 ? atoi(argv[2]) : 0;

	if (argc == 3 && strcmp(argv[1], "orphans") == 0)
		return orphans(n);
	if (argc == 3 && strcmp(argv[1], "die") == 0)
		return kill(getpid(), n) < 0 ? 2 : 3;
	return 2;
}
