/* files: small files and folders as they are, and things that only look like them. */
#include "files.h"

#include "place.h"

static int fds_before;

static int count_before(void **state)
{
	(void)state;
	fds_before = count_fds();
	return 0;
}

/* Nothing here may leave a descriptor open, whatever came of it. */
static int count_after(void **state)
{
	(void)state;
	assert_int_equal(count_fds(), fds_before);
	return 0;
}

static void make_file(const char *path, size_t size)
{
	char *data = exactly(size + 1);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	for (size_t i = 0; i < size; i++)
		data[i] = (char)('a' + i % 26);
	assert_int_equal(fwrite(data, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
	free(data);
}

/* Read path into a buffer of exactly cap bytes; the result must be a string. */
static int read_into(const char *path, size_t cap)
{
	char *buf = exactly(cap);
	int n = file_read(path, buf, cap);

	assert_int_equal(strlen(buf), n > 0 ? n : 0);
	for (int i = 0; i < n; i++)
		assert_int_equal(buf[i], 'a' + i % 26);
	free(buf);
	return n;
}

static void reads_what_fits(void **state)
{
	static const size_t sizes[] = { 0, 1, 25, 4095, 4096, 4097, 10000 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		int size = (int)sizes[i];

		make_file("file", sizes[i]);
		assert_int_equal(read_into("file", sizes[i] + 2), size);
		assert_int_equal(read_into("file", sizes[i] + 1), size); /* exactly */
		if (size)
			assert_int_equal(read_into("file", sizes[i]), size - 1);
		assert_int_equal(read_into("file", 1), 0);
		assert_int_equal(read_into("file", 2), size ? 1 : 0);
	}
}

static void says_why_it_cannot_read(void **state)
{
	(void)state;
	make_file("file", 3);
	assert_int_equal(symlink("loop", "loop"), 0);
	assert_int_equal(symlink("nowhere", "dangling"), 0);
	assert_int_equal(read_into("missing", 16), -ENOENT);
	assert_int_equal(read_into("dangling", 16), -ENOENT);
	assert_int_equal(read_into("loop", 16), -ELOOP);
	assert_int_equal(read_into("file/below", 16), -ENOTDIR);
	assert_int_equal(read_into(".", 16), -EISDIR);
	assert_int_equal(read_into("", 16), -ENOENT);
}

/* A pipe in a file's place must not make PID 1 wait. */
static void a_pipe_holds_up_nobody(void **state)
{
	uint64_t begun_ms = place_ms();
	int writer;

	(void)state;
	assert_int_equal(mkfifo("pipe", 0600), 0);
	assert_int_equal(read_into("pipe", 16), 0); /* nobody writes */
	writer = open("pipe", O_RDWR | O_CLOEXEC);
	assert_true(writer >= 0);
	assert_int_equal(read_into("pipe", 16), -EAGAIN); /* somebody might */
	assert_int_equal(write(writer, "abc", 3), 3);
	close(writer);
	assert_int_equal(file_write("pipe", "x"), -ENXIO); /* nobody reads */
	assert_true(place_ms() - begun_ms < 5000);
}

static void reads_the_kernels_files(void **state)
{
	char buf[4096];

	(void)state;
	assert_true(file_read("/proc/self/status", buf, sizeof(buf)) > 0);
	assert_non_null(strstr(buf, "Name:"));
}

static void writes_a_string(void **state)
{
	char buf[16];

	(void)state;
	make_file("file", 0);
	assert_int_equal(file_write("file", "hello"), 0);
	assert_int_equal(file_read("file", buf, sizeof(buf)), 5);
	assert_string_equal(buf, "hello");
	assert_int_equal(file_write("file", ""), 0);
	assert_int_equal(file_write("missing", "x"), -ENOENT);
	assert_int_equal(access("missing", F_OK), -1); /* and none is made */
	assert_int_equal(file_write(".", "x"), -EISDIR);
	assert_int_equal(file_write("/dev/full", "x"), -ENOSPC);
}

/* --- folders -------------------------------------------------------------------- */

enum {
	MANY = 3000,
};

static int seen[MANY];
static int n_seen;

static void count(void *ctx, const char *name)
{
	int number;

	assert_ptr_equal(ctx, seen);
	n_seen++;
	if (sscanf(name, "%d", &number) == 1 && number >= 0 && number < MANY)
		seen[number]++;
}

static int each(const char *path)
{
	n_seen = 0;
	memset(seen, 0, sizeof(seen));
	return dir_each(path, count, seen);
}

static void goes_through_many_entries(void **state)
{
	char name[300];

	(void)state;
	assert_int_equal(mkdir("many", 0700), 0);
	assert_int_equal(each("many"), 0);
	assert_int_equal(n_seen, 0);
	for (int i = 0; i < MANY; i++) {
		/* Some as long as a name can be: they must fit into the buffer. */
		(void)snprintf(name, sizeof(name), "many/%d-%0*d", i, i % 3 ? 1 : 249, 0);
		name[strlen("many/") + 255] = '\0';
		make_file(name, 0);
	}
	assert_int_equal(each("many"), 0);
	assert_int_equal(n_seen, MANY);
	for (int i = 0; i < MANY; i++)
		assert_int_equal(seen[i], 1);
}

/* Everything but folders, for the caller to judge. */
static void leaves_folders_out(void **state)
{
	(void)state;
	assert_int_equal(mkdir("mixed", 0700), 0);
	assert_int_equal(mkdir("mixed/0", 0700), 0);
	assert_int_equal(mkdir("mixed/.hidden", 0700), 0);
	make_file("mixed/1", 0);
	assert_int_equal(symlink("nowhere", "mixed/2"), 0);
	assert_int_equal(mkfifo("mixed/3", 0600), 0);
	make_file("mixed/4 with\nnew line", 0);
	assert_int_equal(each("mixed"), 0);
	assert_int_equal(n_seen, 4);
	assert_int_equal(seen[0], 0);
	for (int i = 1; i <= 4; i++)
		assert_int_equal(seen[i], 1);
}

static void says_why_there_is_no_folder(void **state)
{
	(void)state;
	make_file("file", 0);
	assert_int_equal(each("no-folder"), -ENOENT);
	assert_int_equal(each("file"), -ENOTDIR);
	assert_int_equal(each("file/below"), -ENOTDIR);
	assert_int_equal(each("/proc/self/fd"), 0);
	assert_true(n_seen > 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, count_before, count_after)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reads_what_fits),        TEST(says_why_it_cannot_read),
		TEST(a_pipe_holds_up_nobody), TEST(reads_the_kernels_files),
		TEST(writes_a_string),        TEST(goes_through_many_entries),
		TEST(leaves_folders_out),     TEST(says_why_there_is_no_folder),
	};

	return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
