/* notify: what services say reaches PID 1, with who said it, and costs it little. */
#include "notify.h"

#include "place.h"

#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

enum {
	CAP = 64,
};

static char message[CAP];
static int32_t sender_pid;
static uint32_t sender_uid;

static int take(int fd)
{
	sender_pid = -7;
	sender_uid = 7777;
	memset(message, '!', sizeof(message));
	return notify_take(fd, message, sizeof(message), &sender_pid, &sender_uid);
}

static int connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	want(fd >= 0);
	strcpy(address.sun_path, path);
	want(connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0);
	return fd;
}

static void say(const char *path, const char *text, size_t len)
{
	int fd = connect_to(path);

	want(send(fd, text, len, 0) == (ssize_t)len);
	close(fd);
}

/* --- the socket -------------------------------------------------------------------- */

static void it_is_there_for_everybody(void)
{
	struct stat st;
	int fd;

	(void)umask(077);
	fd = notify_open("run/notify");
	want(fd >= 0);
	want(stat("run/notify", &st) == 0 && S_ISSOCK(st.st_mode));
	want_equal(st.st_mode & 07777, 0666);
	want_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	want(fcntl(fd, F_GETFL) & O_NONBLOCK);
	want_equal(take(fd), -EAGAIN);
	want_equal(sender_pid, 0);
}

static void it_takes_the_place_of_what_was_there(void)
{
	int first = notify_open("again/notify");
	int second = notify_open("again/notify");

	want(first >= 0 && second >= 0);
	say("again/notify", "x", 1);
	want_equal(take(first), -EAGAIN);
	want_equal(take(second), 1);
	close(first);
	close(second);
	want(unlink("again/notify") == 0 && symlink("elsewhere", "again/notify") == 0);
	second = notify_open("again/notify");
	want(second >= 0);
	want_equal(access("again/elsewhere", F_OK), -1);
}

static void opens_in_vain(const char *path, int err)
{
	int fds = count_fds();

	want_equal(notify_open(path), -err);
	want_equal(count_fds(), fds);
}

static void a_place_that_will_not_do(void)
{
	char longest[sizeof(((struct sockaddr_un *)NULL)->sun_path) + 1];
	int fd;

	write_file("a-file", "");
	want(mkdir("busy", 0700) == 0 && mkdir("busy/notify", 0700) == 0);
	opens_in_vain("a-file/notify", ENOTDIR);
	opens_in_vain("no/such/notify", ENOENT);
	opens_in_vain("busy/notify", EADDRINUSE);
	opens_in_vain("", ENOENT);
	memset(longest, 'n', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	opens_in_vain(longest, ENAMETOOLONG);
	longest[sizeof(longest) - 2] = '\0';
	fd = notify_open(longest);
	want(fd >= 0 && unlink(longest) == 0);
}

static void no_descriptor_is_free(void)
{
	int fds[2];
	const struct rlimit none = { 0, 0 };

	want(setrlimit(RLIMIT_NOFILE, &none) == 0);
	want_equal(notify_open("none/notify"), -EMFILE);
	want_equal(ready_pipe(fds), -EMFILE);
}

/* --- messages ------------------------------------------------------------------------ */

static void it_says_who_sent_what(void)
{
	int fd = notify_open("who/notify");
	pid_t pid = fork();

	want(fd >= 0 && pid >= 0);
	if (pid == 0) {
		int to = connect_to("who/notify"); /* only its owner may enter the folder */

		if (getuid() == 0)
			want(setresuid(12345, 12345, 12345) == 0);
		want_equal(send(to, "READY=1", 7, 0), 7);
		_exit(0);
	}
	want_equal(place_wait(pid), 0);
	want_equal(take(fd), 7);
	want(memcmp(message, "READY=1!", 8) == 0);
	want_equal(sender_pid, pid);
	want_equal(sender_uid, getuid() == 0 ? 12345 : getuid());
	want_equal(take(fd), -EAGAIN);
}

static void every_length(void)
{
	static const char text[CAP + 2];
	int fd = notify_open("length/notify");

	want(fd >= 0);
	for (size_t len = 0; len <= CAP; len++) {
		say("length/notify", text, len);
		want_equal(take(fd), len);
		want_equal(sender_pid, getpid());
	}
	for (size_t len = CAP + 1; len <= CAP + 2; len++) {
		say("length/notify", text, len);
		say("length/notify", "next", 4);
		want_equal(take(fd), 0);
		want_equal(sender_pid, 0);
		want_equal(take(fd), 4);
		want_equal(sender_pid, getpid());
	}
}

/* As many descriptors as one message may carry (SCM_MAX_FD). */
static void say_with_fds(const char *path, int passed, int n)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(253 * sizeof(int))];
	} control = { .head = { 0 } };
	struct iovec part = { .iov_base = (char[]){ "BARRIER=1" }, .iov_len = 9 };
	struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control };
	int fd = connect_to(path);

	header.msg_controllen = CMSG_SPACE((size_t)n * sizeof(int));
	control.head.cmsg_level = SOL_SOCKET;
	control.head.cmsg_type = SCM_RIGHTS;
	control.head.cmsg_len = CMSG_LEN((size_t)n * sizeof(int));
	for (int i = 0; i < n; i++)
		memcpy(CMSG_DATA(&control.head) + (size_t)i * sizeof(int), &passed, sizeof(int));
	want_equal(sendmsg(fd, &header, 0), 9);
	close(fd);
}

/* The sender of a barrier sees its pipe end once the message has been taken. */
static void descriptors_that_come_along_are_closed(void)
{
	static const int numbers[] = { 1, 2, 3, 253 };
	int fd = notify_open("fds/notify");
	int fds = count_fds();

	want(fd >= 0);
	for (size_t i = 0; i < COUNT_OF(numbers); i++) {
		char byte;
		int ends[2];

		want(pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
		say_with_fds("fds/notify", ends[1], numbers[i]);
		close(ends[1]);
		want(read(ends[0], &byte, 1) < 0 && errno == EAGAIN);
		want_equal(take(fd), 9);
		want_equal(sender_pid, getpid());
		want_equal(read(ends[0], &byte, 1), 0);
		close(ends[0]);
		want_equal(count_fds(), fds);
	}
}

/* One who says more than is taken is held up himself, and nobody's word is lost. */
static void a_flood_is_held_up(void)
{
	int fd = notify_open("flood/notify");
	int to = connect_to("flood/notify");
	int sent = 0;

	want(fd >= 0);
	while (sent < 1000000 && send(to, "WATCHDOG=1", 10, 0) == 10)
		sent++;
	want(errno == EAGAIN && sent < 1000000);
	while (take(fd) == 10)
		sent--;
	want_equal(sent, 0);
}

/* A sender in a PID namespace above has no pid here: nobody's word. */
static void a_sender_from_outside_is_nobody(void)
{
	int fd = notify_open("outside/notify");
	pid_t inside;

	want(fd >= 0);
	say("outside/notify", "READY=1", 7);
	enter_namespaces(CLONE_NEWPID);
	inside = fork();
	want(inside >= 0);
	if (inside == 0) {
		want(getpid() == 1);
		want_equal(take(fd), 0);
		want_equal(sender_pid, 0);
		want_equal(take(fd), -EAGAIN);
		_exit(0);
	}
	want_equal(place_wait(inside), 0);
}

/* --- pipes ------------------------------------------------------------------------------ */

static void write_to(int fd, const char *text)
{
	want(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
}

static void ready_by_a_newline(void)
{
	bool begun = false;
	int ends[2];

	want_equal(ready_pipe(ends), 0);
	want_equal(fcntl(ends[0], F_GETFD) & fcntl(ends[1], F_GETFD), FD_CLOEXEC);
	want_equal(ready_read(ends[0], &begun), 0);
	write_to(ends[1], "almost");
	want_equal(ready_read(ends[0], &begun), 0);
	write_to(ends[1], "there");
	want_equal(ready_read(ends[0], &begun), 0);
	want_equal(ready_read(ends[0], &begun), 0);
	write_to(ends[1], "now\n");
	want_equal(ready_read(ends[0], &begun), 1);
	write_to(ends[1], "\nmore");
	want_equal(ready_read(ends[0], &begun), 1);
}

static void ready_by_the_end(void)
{
	bool begun = false;
	int ends[2];

	want_equal(ready_pipe(ends), 0);
	write_to(ends[1], "x");
	want_equal(ready_read(ends[0], &begun), 0);
	close(ends[1]);
	want_equal(ready_read(ends[0], &begun), 1);
	want_equal(ready_read(ends[0], &begun), 1);
}

static void the_end_and_nothing_before_it(void)
{
	bool begun = false;
	int ends[2];

	want_equal(ready_pipe(ends), 0);
	close(ends[1]);
	want_equal(ready_read(ends[0], &begun), -EPIPE);
	close(ends[0]);
	want_equal(ready_read(ends[0], &begun), -EBADF);
}

/* 512 bytes a call, whatever there is. */
static void a_flood_costs_no_more_than_a_drop(void)
{
	static char zeros[5000];
	bool begun = false;
	int ends[2];
	int left = sizeof(zeros);

	want_equal(ready_pipe(ends), 0);
	want(write(ends[1], zeros, sizeof(zeros)) == (ssize_t)sizeof(zeros));
	for (int calls = 1; calls <= 3; calls++) {
		want_equal(ready_read(ends[0], &begun), 0);
		want(ioctl(ends[0], FIONREAD, &left) == 0);
		want_equal(left, (int)sizeof(zeros) - 512 * calls);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(it_is_there_for_everybody),
		STORY(it_takes_the_place_of_what_was_there),
		STORY(a_place_that_will_not_do),
		STORY(no_descriptor_is_free),
		STORY(it_says_who_sent_what),
		STORY(every_length),
		STORY(descriptors_that_come_along_are_closed),
		STORY(a_flood_is_held_up),
		STORY(a_sender_from_outside_is_nobody),
		STORY(ready_by_a_newline),
		STORY(ready_by_the_end),
		STORY(the_end_and_nothing_before_it),
		STORY(a_flood_costs_no_more_than_a_drop),
	};

	return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
