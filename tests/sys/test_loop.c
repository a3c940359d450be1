/* The loop: which descriptors have something to say, and the wait for them. */
#include "loop.h"
#include "signals.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

struct pair {
	int loop;
	int ends[2];
};

static struct pair make(uint32_t unit)
{
	struct pair p = { .loop = loop_open() };

	assert_true(p.loop >= 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, p.ends), 0);
	assert_int_equal(loop_add(p.loop, p.ends[0], unit), 0);
	return p;
}

static void end(const struct pair *p)
{
	close(p->ends[0]);
	close(p->ends[1]);
	close(p->loop);
}

static void says_who_is_ready(void **state)
{
	struct pair p = make(4095);
	uint32_t unit = 0;
	int fd = -1;

	(void)state;
	assert_int_equal(loop_next(p.loop, &fd, &unit), 0);
	assert_int_equal(write(p.ends[1], "x", 1), 1);
	assert_int_equal(loop_next(p.loop, &fd, &unit), 1);
	assert_int_equal(fd, p.ends[0]);
	assert_int_equal(unit, 4095);
	end(&p);
}

static void an_end_is_told_too(void **state)
{
	struct pair p = make(UINT32_MAX);
	uint32_t unit = 0;
	int fd = -1;

	(void)state;
	assert_int_equal(shutdown(p.ends[1], SHUT_RDWR), 0);
	assert_int_equal(loop_next(p.loop, &fd, &unit), 1);
	assert_int_equal(unit, UINT32_MAX);
	end(&p);
}

static void closing_ends_the_watch(void **state)
{
	struct pair p = make(1);
	uint32_t unit;
	int fd;

	(void)state;
	assert_int_equal(write(p.ends[1], "x", 1), 1);
	close(p.ends[0]);
	assert_int_equal(loop_next(p.loop, &fd, &unit), 0);
	p.ends[0] = p.ends[1];
	end(&p);
}

static void what_is_no_descriptor_is_refused(void **state)
{
	struct pair p = make(1);

	(void)state;
	assert_int_equal(loop_add(p.loop, 9999, 1), -EBADF);
	assert_int_equal(loop_add(-1, p.ends[0], 1), -EBADF);
	end(&p);
}

static void input_ends_the_wait(void **state)
{
	struct pair p = make(1);

	(void)state;
	signals_init();
	assert_int_equal(write(p.ends[1], "x", 1), 1);
	signals_wait(p.loop, -1); /* for ever, if it did not */
	end(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_who_is_ready),
		cmocka_unit_test(an_end_is_told_too),
		cmocka_unit_test(closing_ends_the_watch),
		cmocka_unit_test(what_is_no_descriptor_is_refused),
		cmocka_unit_test(input_ends_the_wait),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
