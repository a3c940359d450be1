#include "exec.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bounds.h"
#include "caps.h"
#include "environ.h"
#include "firstboot.h"
#include "tool.h"

#define DEFAULT_PATH "/sbin:/usr/sbin:/bin:/usr/bin"
#define OPTIONS "nugGmdreENsiolCcwx1" /* those with a value; -P has none */

/* An option that may be there often, or is looked at late. */
struct item {
	char option;
	char *value;
};

struct setup {
	const char *name;
	struct item *items; /* in their order; ends with option 0 */
	const char *groups, *dir, *root, *mark, *watchdog;
	uint64_t uid, gid, umask, tell;
	bool has_tell, has_user, has_group, has_umask, no_new_privs;
	struct caps caps;
	struct environ env;
	char **command;
};

static _Noreturn void end(const struct setup *setup, int status)
{
	if (setup->has_tell)
		(void)write((int)setup->tell, "\n", 1);
	_exit(status);
}

/* `tinyinit: NAME: WHAT ARG: ERROR`, and the end.  err 0: no error text. */
static _Noreturn void fail(const struct setup *setup, int status, int err, const char *what,
			   const char *arg)
{
	say(setup->name, what, arg, err ? ": " : "", err ? strerror(err) : "");
	end(setup, status);
}

static _Noreturn void bad(const struct setup *setup, char option, const char *value)
{
	char name[] = { '-', option, ' ', '\0' };

	say(setup->name, "bad value of ", name, "\"", value, "\"");
	end(setup, EXEC_EXIT_USAGE);
}

/* Apply an item of bounds.h, or only look at it; NULL: fine. */
static const char *apply(const struct setup *setup, const struct item *item, bool dry)
{
	bool none = false;
	const char *wrong = NULL;

	switch (item->option) {
	case 'l':
		return bounds_resource(item->value, dry);
	case 'N':
		return bounds_nice(item->value, dry);
	case 's':
		return bounds_policy(item->value, dry);
	case 'i':
		return bounds_disk(item->value, dry);
	case 'o':
		return bounds_oom(item->value, dry);
	case 'c':
		wrong = bounds_group(setup->name, item->value, dry, &none);
		break;
	default:
		break;
	}
	if (none)
		say(setup->name, "no cgroups here: ", item->value, " has no effect");
	return wrong;
}

static bool take_number(const char *value, unsigned base, uint64_t max, uint64_t *number, bool *has)
{
	*has = true;
	return tool_number(value, base, max, number);
}

/* False: the value is no good. */
static bool take(struct setup *setup, struct item *item)
{
	bool has;
	uint64_t number;
	char *value = item->value;

	errno = 0;
	switch (item->option) {
	case 'u':
		return take_number(value, 10, UINT32_MAX - 1, &setup->uid, &setup->has_user);
	case 'g':
		return take_number(value, 10, UINT32_MAX - 1, &setup->gid, &setup->has_group);
	case 'm':
		return take_number(value, 8, 0777, &setup->umask, &setup->has_umask);
	case 'C':
		return take_number(strncmp(value, "0x", 2) ? value : value + 2, 16, UINT64_MAX,
				   &setup->caps.mask, &setup->caps.given);
	case 'x':
		return take_number(value, 10, 255, &setup->tell, &setup->has_tell) &&
		       setup->tell > 2;
	case 'G':
		setup->groups = value;
		return caps_groups(value, true) == 0;
	case 'd':
		setup->dir = value;
		return *value;
	case 'r':
		setup->root = value;
		return *value;
	case '1':
		setup->mark = value;
		return *value == '/' && value[1];
	case 'w':
		setup->watchdog = value;
		return take_number(value, 10, UINT64_MAX, &number, &has);
	case 'e':
		return *value && *value != '=' && strchr(value, '=');
	case 'E':
		return *value && strcmp(value, "-");
	default:
		return !apply(setup, item, true);
	}
}

static void parse(struct setup *setup, char **argv)
{
	size_t n = 0;
	char **arg = argv + 1;

	while (argv[n])
		n++;
	setup->name = "rcexec";
	setup->items = tool_zeroed(n + 1, sizeof(*setup->items));
	n = 0;
	for (; *arg && strcmp(*arg, "--"); arg++) {
		struct item *item = &setup->items[n];

		if (!strcmp(*arg, "-P")) {
			setup->no_new_privs = true;
			continue;
		}
		if ((*arg)[0] != '-' || !(*arg)[1] || (*arg)[2] || !strchr(OPTIONS, (*arg)[1]))
			fail(setup, EXEC_EXIT_USAGE, 0, "unknown option ", *arg);
		item->option = (*arg)[1];
		item->value = arg[1];
		if (!item->value)
			fail(setup, EXEC_EXIT_USAGE, 0, "no value of ", *arg);
		if (item->option == 'n') {
			if (!tool_is_name(item->value))
				bad(setup, 'n', item->value);
			setup->name = item->value;
		} else if (!take(setup, item)) {
			bad(setup, item->option, item->value);
		}
		n++;
		arg++;
	}
	if (!n || setup->items[0].option != 'n')
		fail(setup, EXEC_EXIT_USAGE, 0, "-n NAME has to be first", "");
	if (!*arg || !arg[1] || !*arg[1])
		fail(setup, EXEC_EXIT_USAGE, 0, "no command behind --", "");
	/* With root's groups it would not be another user. */
	if (setup->has_user && !setup->has_group)
		fail(setup, EXEC_EXIT_USAGE, 0, "-u needs -g", "");
	setup->command = arg + 1;
}

static void read_environ(struct setup *setup, const char *value)
{
	struct environ_fault fault;
	const char *path = value + (*value == '-');

	if (environ_read(&setup->env, path, &fault) || (*value == '-' && fault.err == ENOENT))
		return;
	if (fault.err)
		fail(setup, EXEC_EXIT_ENVIRON, fault.err, "environment file ", path);
	say(setup->name, path, ":", tool_decimal(fault.line), ": ", fault.fact);
	end(setup, EXEC_EXIT_ENVIRON);
}

static void make_environ(struct setup *setup)
{
	environ_copy(&setup->env, environ);
	for (const struct item *item = setup->items; item->option; item++) {
		if (item->option == 'e')
			environ_set(&setup->env, item->value);
		else if (item->option == 'E')
			read_environ(setup, item->value);
	}
	if (!setup->watchdog)
		return;
	environ_set(&setup->env, tool_join("WATCHDOG_USEC=", setup->watchdog));
	environ_set(&setup->env, tool_join("WATCHDOG_PID=", tool_decimal((uint64_t)getpid())));
}

/* What root may still do.  rlimits last: they bind the steps that follow them. */
static void set_limits(const struct setup *setup)
{
	static const struct {
		char option;
		int status;
		const char *what;
	} steps[] = {
		{ 'c', EXEC_EXIT_CGROUP, "cgroup " }, { 'o', EXEC_EXIT_OOM, "oom-score " },
		{ 'N', EXEC_EXIT_NICE, "nice " },     { 's', EXEC_EXIT_POLICY, "sched " },
		{ 'i', EXEC_EXIT_DISK, "ionice " },   { 'l', EXEC_EXIT_LIMITS, "limit " },
	};

	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++)
		for (const struct item *item = setup->items; item->option; item++) {
			const char *wrong;

			if (item->option != steps[i].option)
				continue;
			wrong = apply(setup, item, false);
			if (wrong)
				fail(setup, steps[i].status, errno, steps[i].what, wrong);
		}
}

static void set_place(const struct setup *setup)
{
	if (setup->root && (chroot(setup->root) < 0 || chdir("/") < 0))
		fail(setup, EXEC_EXIT_CHROOT, errno, "chroot ", setup->root);
	if (setup->dir && chdir(setup->dir) < 0)
		fail(setup, EXEC_EXIT_CHDIR, errno, "chdir ", setup->dir);
	if (setup->has_umask)
		umask((mode_t)setup->umask);
}

static void set_user(const struct setup *setup)
{
	uint32_t uid = setup->has_user ? (uint32_t)setup->uid : getuid();
	const char *groups = setup->groups;
	gid_t gid = (gid_t)setup->gid;

	if (!groups && setup->has_user && uid)
		groups = "";
	if (groups && caps_groups(groups, false) < 0)
		fail(setup, EXEC_EXIT_GROUP, errno, "supplementary groups ", groups);
	if (setup->has_group && setresgid(gid, gid, gid) < 0)
		fail(setup, EXEC_EXIT_GROUP, errno, "group ", tool_decimal(gid));
	if (caps_bound(&setup->caps) < 0 || caps_prepare(&setup->caps, uid) < 0)
		fail(setup, EXEC_EXIT_CAPS, errno, "capabilities", "");
	if (setup->has_user && caps_user(uid) < 0)
		fail(setup, EXEC_EXIT_USER, errno, "user ", tool_decimal(uid));
	if (caps_keep(&setup->caps, uid) < 0)
		fail(setup, EXEC_EXIT_CAPS, errno, "capabilities", "");
	if (setup->no_new_privs && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		fail(setup, EXEC_EXIT_NO_NEW_PRIVS, errno, "no-new-privs", "");
}

static _Noreturn void failed_exec(const struct setup *setup, const char *path, int err)
{
	/* The kernel says ENOENT for two different things. */
	if (err == ENOENT && strchr(path, '/') && access(path, F_OK) == 0)
		fail(setup, EXEC_EXIT_EXEC, 0, path, " needs an interpreter that is missing");
	fail(setup, EXEC_EXIT_EXEC, err, "exec ", path);
}

static _Noreturn void become(const struct setup *setup)
{
	char *name = setup->command[0];
	const char *folder = environ_get(&setup->env, "PATH");
	int err = ENOENT;

	if (strchr(name, '/')) {
		execve(name, setup->command, setup->env.list);
		failed_exec(setup, name, errno);
	}
	for (folder = folder ? folder : DEFAULT_PATH; *folder;) {
		size_t len = strcspn(folder, ":");
		char *head = tool_join(folder);
		char *path;

		head[len] = '\0';
		/* An empty part would be the current folder, which nobody means. */
		path = tool_join(head, "/", name);
		if (len && execve(path, setup->command, setup->env.list) < 0) {
			int now = errno;

			if (now == EACCES)
				err = EACCES;
			else if (access(path, F_OK) == 0)
				failed_exec(setup, path, now);
		}
		folder += len + (folder[len] == ':');
	}
	failed_exec(setup, name, err);
}

void exec_main(char **argv)
{
	static struct setup setup;
	int done = 0;

	parse(&setup, argv);
	if (setup.has_tell)
		(void)fcntl((int)setup.tell, F_SETFD, FD_CLOEXEC);
	if (setup.mark)
		done = firstboot_done(setup.mark);
	if (done < 0)
		fail(&setup, FIRSTBOOT_EXIT_MARK, errno, "mark ", setup.mark);
	if (done)
		_exit(0);
	if (setup.mark)
		firstboot_fork(setup.name, setup.mark);
	make_environ(&setup);
	set_limits(&setup);
	set_place(&setup);
	set_user(&setup);
	become(&setup);
}
