#include "runtime.h"

#include "group.h"
#include "loop.h"
#include "notification.h"
#include "notify.h"
#include "place.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	NOTIFY_UNIT = INT32_MAX, /* what the loop calls the socket */
};

void runtime_notices_init(struct runtime *rt)
{
	rt->ready = -1;
	rt->loop = loop_open();
	rt->notify = notify_open(PLACE_NOTIFY);
	if (rt->loop >= 0 && rt->notify >= 0)
		(void)loop_add(rt->loop, rt->notify, NOTIFY_UNIT);
}

int runtime_ready_pipe(struct runtime *rt)
{
	int fds[2];

	if (ready_pipe(fds) < 0)
		return -1;
	rt->ready = fds[0];
	return fds[1];
}

void runtime_ready_watch(struct runtime *rt, int32_t pid)
{
	if (rt->ready < 0)
		return;
	if (pid < 0 || loop_add(rt->loop, rt->ready, (uint32_t)pid) < 0)
		close(rt->ready);
	rt->ready = -1;
}

/* Which service does a process belong to? */
static uint32_t owner(struct runtime *rt, int32_t pid)
{
	char name[TABLE_NAME + 1];
	enum role role;
	uint32_t unit = engine_find(rt->engine, pid, &role);

	if (unit == ENGINE_NONE && rt->groups && group_of_pid(pid, name, sizeof(name)) == 0)
		unit = table_find(&rt->tables.table, name);
	if (unit == ENGINE_NONE)
		unit = engine_find(rt->engine, getsid(pid), &role);
	return unit;
}

/* A main process can only be looked after if it is PID 1's child, and no other's. */
static int32_t main_pid(struct runtime *rt, uint32_t unit, int32_t pid)
{
	siginfo_t info;
	enum role role;
	uint32_t now = engine_find(rt->engine, pid, &role);

	if (pid <= 1 || now != ENGINE_NONE)
		return 0;
	if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
		return 0;
	if (rt->groups && owner(rt, pid) != unit)
		return 0;
	return pid;
}

static uint32_t ms(uint64_t usec)
{
	uint64_t value = usec / 1000;

	return value > UINT32_MAX / 2 ? UINT32_MAX / 2 : (uint32_t)value;
}

static bool take_message(struct runtime *rt)
{
	struct notification n;
	struct event event = { .kind = EVENT_NOTIFIED };
	int32_t pid;
	uint32_t uid;
	int len = notify_take(rt->notify, rt->message, sizeof(rt->message), &pid, &uid);

	if (len < 0)
		return false;
	event.unit = owner(rt, pid);
	if (!len || event.unit >= rt->engine->n)
		return true;
	notification_parse(&n, rt->message, (uint32_t)len);
	event.notice.ready = n.set & NOTIFICATION_READY;
	event.notice.reloading = n.set & NOTIFICATION_RELOADING;
	event.notice.stopping = n.set & NOTIFICATION_STOPPING;
	event.notice.alive = n.set & NOTIFICATION_WATCHDOG;
	event.notice.trouble = n.set & NOTIFICATION_WATCHDOG_TRIGGER;
	event.notice.watchdog_ms = ms(n.watchdog_usec);
	event.notice.extend_ms = ms(n.extend_usec);
	if (n.set & NOTIFICATION_MAINPID)
		event.notice.main_pid = main_pid(rt, event.unit, n.main_pid);
	runtime_queue(rt, &event);
	return true;
}

/*
 * A service has written a line, or rcexec has come to its exec, which closes the
 * descriptor; there a line says that it has not.  A reload may have given the
 * service another index meanwhile, so it is known by its process.
 */
static void take_line(struct runtime *rt, int fd, int32_t pid)
{
	struct event event = { .kind = EVENT_READY };
	bool begun = false;
	bool exec = false;
	int got = ready_read(fd, &begun);
	enum role role;

	if (got == 0)
		return;
	loop_close(rt->loop, fd);
	event.unit = engine_find(rt->engine, pid, &role);
	if (event.unit >= rt->engine->n || role != ROLE_MAIN)
		return;
	exec = rt->tables.table.services[event.unit].ready == TABLE_READY_EXEC;
	if (exec ? got == -EPIPE : got > 0)
		runtime_queue(rt, &event);
}

bool runtime_take_notice(struct runtime *rt)
{
	uint32_t id;
	int fd;

	if (rt->loop < 0 || !loop_next(rt->loop, &fd, &id))
		return false;
	if (id == NOTIFY_UNIT)
		(void)take_message(rt);
	else
		take_line(rt, fd, (int32_t)id);
	return true;
}
