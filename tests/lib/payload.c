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
 *   payload do STEP...   be a service: take the steps in their order, and end
 *                        with 0 after the last one, or with 90 and a word on
 *                        stderr when one of them fails:
 *
 *   name=TEXT     nothing: for whoever looks for this process
 *   log=TEXT      a line of /order
 *   gate=FIFO     wait until somebody writes there
 *   file=PATH     make it
 *   pidfile=PATH  leave one's number there
 *   notify=TEXT   tell $NOTIFY_SOCKET, '|' being the end of a line
 *   send=N        a datagram of N bytes to it
 *   flood=N       N datagrams of nonsense to it
 *   helper=TEXT   let a child tell it that lives on for 500 ms
 *   orphan=TEXT   let a child of init's tell it, which is gone at once
 *   ping=MS       tell it WATCHDOG=1 that often, for ever
 *   line=FD       a line to that descriptor, which is closed then
 *   unix=PATH  tcp=PORT  udp=PORT   listen, or be there
 *   deaf=SIGNAL   ignore it
 *   fork          go on as a child; the parent ends with 0
 *   setsid        a session of one's own
 *   child         leave a child behind that does nothing, as long as it lives
 *   far           the same, forked twice, with a session of its own
 *   bomb          fork without an end; each child does the same
 *   pause=MS
 *   exit=N
 *   die=SIGNAL
 *   hold          for ever
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
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

/* --- the steps of a service ---------------------------------------------- */

static _Noreturn void hold(void)
{
	for (;;)
		pause();
}

static int put(const char *path, int flags, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0644);
	char line[256];
	int n = snprintf(line, sizeof(line), "%s\n", text);

	return fd < 0 || write(fd, line, (size_t)n) != n || close(fd) < 0 ? -1 : 0;
}

static int gate(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char c;

	return fd < 0 || read(fd, &c, 1) < 0 ? -1 : close(fd);
}

static int until_read; /* datagram() returns when it has been read */

static int datagram(const void *data, size_t n)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ssize_t sent;

	if (!path || fd < 0)
		return -1;
	strncpy(to.sun_path, path, sizeof(to.sun_path) - 1);
	sent = sendto(fd, data, n, 0, (struct sockaddr *)&to, sizeof(to));
	/* Of one that has been reaped nobody can say whose it was (unix(7), SIOCOUTQ). */
	for (int left = 1; until_read && sent >= 0 && left > 0;)
		if (ioctl(fd, SIOCOUTQ, &left) < 0 || poll(NULL, 0, left > 0) < 0)
			break;
	close(fd);
	return sent < 0 ? -1 : 0;
}

static int tell(const char *text)
{
	char data[1024];
	size_t n = strlen(text);

	if (n >= sizeof(data))
		return -1;
	for (size_t i = 0; i <= n; i++)
		data[i] = text[i] == '|' ? '\n' : text[i];
	return datagram(data, n);
}

static int tell_much(int n)
{
	char *data = malloc((size_t)n + 1);

	if (!data)
		return -1;
	memset(data, 'x', (size_t)n);
	return datagram(data, (size_t)n);
}

static int flood(int n)
{
	for (int i = 0; i < n; i++)
		if (tell(i % 2 ? "\1\2\3=|=||READY|WATCHDOG_USEC=-1" : "STATUS=x|X_Y=Z|MAINPID=1"))
			return -1;
	return 0;
}

/* The pace of the daemon that this plays. */
static void pause_ms(int ms)
{
	(void)poll(NULL, 0, ms);
}

/* twice: init inherits it, and its parent is not ours to wait for. */
static int tell_by_child(const char *text, int twice)
{
	pid_t pid = fork();

	if (pid == 0 && twice && fork() > 0)
		_exit(0);
	if (pid == 0) {
		until_read = !twice;
		_exit(tell(text) < 0);
	}
	return pid < 0 || waitpid(pid, NULL, 0) < 0 ? -1 : 0;
}

static int ping(int ms)
{
	while (tell("WATCHDOG=1") == 0)
		pause_ms(ms);
	return -1;
}

static int inet_socket(int type, int port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, type, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		return -1;
	return type == SOCK_STREAM ? listen(fd, 5) : 0;
}

static int unix_socket(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strncpy(at.sun_path, path, sizeof(at.sun_path) - 1);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		return -1;
	return listen(fd, 5);
}

static int leave_child(int far)
{
	pid_t pid = fork();

	if (pid < 0 || (pid > 0 && !far))
		return pid < 0 ? -1 : 0;
	if (pid > 0)
		return waitpid(pid, NULL, 0) < 0 ? -1 : 0;
	if (far) {
		if (setsid() < 0 || fork() > 0)
			_exit(0);
	}
	hold();
}

static _Noreturn void bomb(void)
{
	for (;;)
		if (fork() < 0)
			pause_ms(20);
}

static int pidfile(const char *path)
{
	char number[16];

	snprintf(number, sizeof(number), "%d", (int)getpid());
	return put(path, O_TRUNC, number);
}

static int go_on_as_child(void)
{
	pid_t pid = fork();

	if (pid > 0)
		_exit(0);
	return pid;
}

static int step_plain(const char *step)
{
	if (strcmp(step, "fork") == 0)
		return go_on_as_child();
	if (strcmp(step, "setsid") == 0)
		return setsid() < 0 ? -1 : 0;
	if (strcmp(step, "child") == 0)
		return leave_child(0);
	if (strcmp(step, "far") == 0)
		return leave_child(1);
	if (strcmp(step, "bomb") == 0)
		bomb();
	if (strcmp(step, "hold") == 0)
		hold();
	errno = EINVAL;
	return -1;
}

static int step_number(const char *key, int n)
{
	if (strcmp(key, "send") == 0)
		return tell_much(n);
	if (strcmp(key, "flood") == 0)
		return flood(n);
	if (strcmp(key, "ping") == 0)
		return ping(n);
	if (strcmp(key, "line") == 0)
		return write(n, "ready\n", 6) < 0 ? -1 : close(n);
	if (strcmp(key, "tcp") == 0)
		return inet_socket(SOCK_STREAM, n);
	if (strcmp(key, "udp") == 0)
		return inet_socket(SOCK_DGRAM, n);
	if (strcmp(key, "deaf") == 0)
		return signal(n, SIG_IGN) == SIG_ERR ? -1 : 0;
	if (strcmp(key, "exit") == 0)
		_exit(n);
	if (strcmp(key, "die") == 0)
		return kill(getpid(), n);
	if (strcmp(key, "pause") == 0) {
		pause_ms(n);
		return 0;
	}
	errno = EINVAL;
	return -1;
}

static int step(const char *key, const char *value)
{
	if (!value)
		return step_plain(key);
	if (strcmp(key, "name") == 0)
		return 0;
	if (strcmp(key, "log") == 0)
		return put("/order", O_APPEND, value);
	if (strcmp(key, "gate") == 0)
		return gate(value);
	if (strcmp(key, "file") == 0)
		return put(value, O_TRUNC, "");
	if (strcmp(key, "pidfile") == 0)
		return pidfile(value);
	if (strcmp(key, "notify") == 0)
		return tell(value);
	if (strcmp(key, "helper") == 0)
		return tell_by_child(value, 0);
	if (strcmp(key, "orphan") == 0)
		return tell_by_child(value, 1);
	if (strcmp(key, "unix") == 0)
		return unix_socket(value);
	return step_number(key, atoi(value));
}

static int be_service(char **steps)
{
	for (; *steps; steps++) {
		char key[32] = "";
		const char *value = strchr(*steps, '=');
		size_t n = value ? (size_t)(value - *steps) : strlen(*steps);

		if (n < sizeof(key))
			memcpy(key, *steps, n);
		if (step(key, value ? value + 1 : NULL) < 0) {
			fprintf(stderr, "payload: %s: %s\n", *steps, strerror(errno));
			return 90;
		}
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
	if (argc >= 3 && strcmp(argv[1], "do") == 0)
		return be_service(argv + 2);
	return 2;
}
