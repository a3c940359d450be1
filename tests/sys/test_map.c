/* map: a file's bytes or the reason why not, and never a fault later. */
#include "map.h"

#include "place.h"

#include <sys/mman.h>
#include <sys/resource.h>

static size_t size;
static int err;

static const char *map(const char *path, size_t max)
{
	const char *data;

	size = 77;
	err = 77;
	data = map_file(path, max, &size, &err);
	want((data == NULL) == (err != 0));
	return data;
}

/* Neither a descriptor nor memory is kept. */
static void fails(const char *path, size_t max, int expected)
{
	int fds = count_fds();

	want(map(path, max) == NULL);
	want_equal(err, -expected);
	want_equal(count_fds(), fds);
}

static void gives_the_bytes(void)
{
	static const char text[] = "some bytes\n";
	int fds = count_fds();
	const char *data;

	write_file("file", text);
	want(symlink("file", "link") == 0);
	data = map("file", sizeof(text) - 1);
	want(data && size == sizeof(text) - 1 && memcmp(data, text, size) == 0);
	want_equal(count_fds(), fds);
	map_free(data, size);
	want(msync((void *)(uintptr_t)data, size, MS_ASYNC) < 0 && errno == ENOMEM);
	data = map("link", 1000);
	want(data && size == sizeof(text) - 1);
}

/* More than one page and more than one read(2) would have to give. */
static void gives_many_bytes(void)
{
	static char block[1 << 20];
	int fd = open("large", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	const char *data;

	want(fd >= 0);
	for (size_t i = 0; i < sizeof(block); i++)
		block[i] = (char)(i * 7 + i / 251);
	for (int i = 0; i < 4; i++)
		want(write(fd, block, sizeof(block)) == (ssize_t)sizeof(block));
	data = map("large", 4 * sizeof(block));
	want(data && size == 4 * sizeof(block));
	for (size_t i = 0; i < 4; i++)
		want(memcmp(data + i * sizeof(block), block, sizeof(block)) == 0);
	fails("large", 4 * sizeof(block) - 1, EFBIG);
}

/* Mapped itself it would now be a SIGBUS. */
static void what_is_done_to_the_file_later_does_not_matter(void)
{
	const char *data;

	write_file("changes", "first");
	data = map("changes", 100);
	want(data != NULL);
	write_file("changes", "other");
	want(memcmp(data, "first", 5) == 0);
	want(truncate("changes", 0) == 0);
	want(memcmp(data, "first", 5) == 0);
}

/* Nobody writes into a table that has been checked. */
static void it_cannot_be_written_to(void)
{
	const char *data;
	int ends[2];

	write_file("constant", "first");
	data = map("constant", 100);
	want(data && pipe2(ends, O_CLOEXEC) == 0 && write(ends[1], "x", 1) == 1);
	want(read(ends[0], (void *)(uintptr_t)data, 1) < 0 && errno == EFAULT);
}

static void what_is_no_file_of_bytes(void)
{
	write_file("empty", "");
	want(mkfifo("fifo", 0600) == 0);
	want(mkdir("folder", 0700) == 0);
	want(symlink("circle", "circle") == 0);
	fails("missing", 100, ENOENT);
	fails("empty", 100, ENODATA);
	fails("fifo", 100, EINVAL);
	fails("folder", 100, EINVAL);
	fails("circle", 100, ELOOP);
	fails("empty/below", 100, ENOTDIR);
	fails("/dev/null", 100, EINVAL);
	fails("/dev/zero", 100, EINVAL);
	/* It says that it is empty, and is not. */
	fails("/proc/self/status", 1 << 20, ENODATA);
}

/* A file that is there, but whose bytes cannot be had. */
static void bytes_that_cannot_be_read(void)
{
	fails("/proc/self/mem", 1 << 20, ENODATA);
	if (access("/sys/kernel/mm/transparent_hugepage/enabled", R_OK) == 0)
		/* sysfs says 4096 and gives fewer: as if it were cut off meanwhile. */
		fails("/sys/kernel/mm/transparent_hugepage/enabled", 1 << 20, EAGAIN);
}

static void nothing_is_left_to_take(void)
{
	const int limits[] = { RLIMIT_AS, RLIMIT_NOFILE };
	const int errors[] = { ENOMEM, EMFILE };
	int fds = count_fds();

	write_file("file-too", "bytes");
	for (size_t i = 0; i < COUNT_OF(limits); i++) {
		struct rlimit before;

		want(getrlimit(limits[i], &before) == 0);
		want(setrlimit(limits[i], &(struct rlimit){ 0, before.rlim_max }) == 0);
		want(map("file-too", 100) == NULL);
		want_equal(err, -errors[i]);
		want(setrlimit(limits[i], &before) == 0);
		want_equal(count_fds(), fds);
	}
}

/* --- how a file looks --------------------------------------------------------------- */

static void tells_how_a_file_looks(void)
{
	const struct timespec times[2] = { { 5, 6 }, { 5000000000, 123456789 } };
	struct source_stat s;

	write_file("source", "twelve bytes");
	want(chmod("source", 0750) == 0);
	want(utimensat(AT_FDCWD, "source", times, 0) == 0);
	want(symlink("source", "source-link") == 0);
	want_equal(source_stat("source-link", &s), 0);
	want_equal(s.mode, S_IFREG | 0750);
	want_equal(s.size, 12);
	want_equal(s.mtime_s, 5000000000);
	want_equal(s.mtime_ns, 123456789);
	want_equal(source_stat(".", &s), 0);
	want(S_ISDIR(s.mode));
}

static void looks_at_nothing(const char *path, int expected)
{
	struct source_stat s;

	memset(&s, 0x55, sizeof(s));
	want_equal(source_stat(path, &s), -expected);
	want(s.mode == 0 && s.size == 0 && s.mtime_s == 0 && s.mtime_ns == 0);
}

static void tells_that_there_is_none(void)
{
	write_file("plain", "");
	want(symlink("nowhere", "dangling") == 0 && symlink("round", "round") == 0);
	looks_at_nothing("absent", 0);
	looks_at_nothing("plain/below", 0);
	looks_at_nothing("dangling", 0);
	looks_at_nothing("round", ELOOP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(gives_the_bytes),
		STORY(gives_many_bytes),
		STORY(what_is_done_to_the_file_later_does_not_matter),
		STORY(it_cannot_be_written_to),
		STORY(what_is_no_file_of_bytes),
		STORY(bytes_that_cannot_be_read),
		STORY(nothing_is_left_to_take),
		STORY(tells_how_a_file_looks),
		STORY(tells_that_there_is_none),
	};

	return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
