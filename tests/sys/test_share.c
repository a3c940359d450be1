/* Memory that others may look at. */
#include "share.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* The descriptor behind it, found as tinyctl finds it. */
static int find(const char *wanted)
{
	char path[64];
	char target[64];

	for (int fd = 3; fd < 64; fd++) {
		ssize_t n;

		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		n = readlink(path, target, sizeof(target) - 1);
		if (n < 0)
			continue;
		target[n] = '\0';
		if (strcmp(target, wanted) == 0)
			return open(path, O_RDONLY | O_CLOEXEC);
	}
	return -1;
}

static void is_found_and_read(void **state)
{
	char *memory = share_memory("shared", 10000);
	char buf[4] = "";
	int fd;

	(void)state;
	assert_non_null(memory);
	for (int i = 0; i < 10000; i++)
		assert_int_equal(memory[i], 0);
	memcpy(memory + 9990, "abc", 4);
	fd = find("/memfd:shared (deleted)");
	assert_true(fd >= 0);
	assert_int_equal(lseek(fd, 0, SEEK_END), 10000);
	assert_int_equal(pread(fd, buf, 4, 9990), 4);
	assert_string_equal(buf, "abc");
	close(fd);
}

static void what_cannot_be_had_is_null(void **state)
{
	(void)state;
	assert_null(share_memory("huge", SIZE_MAX / 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_found_and_read),
		cmocka_unit_test(what_cannot_be_had_is_null),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("share", tests, NULL, NULL);
}
