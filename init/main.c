/*
 * main: PID 1's entry, its early phase, and what `init` means to anyone else.
 */
#include "clock.h"
#include "files.h"
#include "group.h"
#include "message.h"
#include "mounts.h"
#include "place.h"
#include "runtime.h"
#include "share.h"
#include "signals.h"
#include "stdio_fds.h"
#include "system.h"
#include "version.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* All of PID 1's memory: fixed, and known before it starts. */
static struct runtime runtime;
static struct engine engine; /* where it cannot be shared */

/* "tinyinit: WHERE: WHAT: ENOENT" */
static void say_error(struct runtime *rt, const char *where, const char *what, int err)
{
	char buf[RUNTIME_LINE];
	struct text line;

	runtime_line(&line, buf, sizeof(buf));
	text_safe(&line, where, 255);
	text_str(&line, ": ");
	text_str(&line, what);
	text_str(&line, ": ");
	text_error(&line, err);
	runtime_say(rt, true, &line);
}

static void say_mount(void *ctx, const struct mount_report *r)
{
	struct runtime *rt = ctx;
	char buf[RUNTIME_LINE];
	struct text line;

	runtime_line(&line, buf, sizeof(buf));
	text_str(&line, r->path);
	text_str(&line, ": ");
	text_str(&line, r->no_dir ? "no such directory, and it cannot be made" : r->type);
	text_str(&line, r->no_dir ? " (" : " cannot be mounted (");
	text_error(&line, r->err);
	text_str(&line, r->makeshift  ? "), using plain device nodes"
			: r->required ? "), and nothing works without it"
				      : "), going on without it");
	runtime_say(rt, true, &line);
}

/* --- words --------------------------------------------------------------- */

static void take_word(struct runtime *rt, const char *word, size_t len, bool boot_arg)
{
	enum words_result result = words_take(&rt->words, word, len, boot_arg);
	char buf[RUNTIME_LINE];
	struct text line;

	if (result == WORDS_TAKEN || result == WORDS_NOT_OURS)
		return;
	runtime_line(&line, buf, sizeof(buf));
	text_str(&line, result == WORDS_UNKNOWN ? "unknown kernel word \""
						: "bad value in kernel word \"");
	text_safe(&line, word, len < 200 ? len : 200);
	text_str(&line, "\" ignored");
	runtime_say(rt, true, &line);
}

/*
 * The kernel keeps words with a dot, and its own, from PID 1's arguments, so its
 * command line is read as well.  In a container that line is somebody else's.
 */
static void take_words(struct runtime *rt, char **argv)
{
	static char cmdline[4096]; /* COMMAND_LINE_SIZE is 4096 at most */
	const char *at = cmdline;
	const char *word;
	size_t len;

	while (*argv && *++argv)
		take_word(rt, *argv, strlen(*argv), true);
	if (!rt->machine || file_read("/proc/cmdline", cmdline, sizeof(cmdline)) <= 0)
		return;
	while ((len = words_next(&at, &word)))
		take_word(rt, word, len, false);
}

/* --- consoles ------------------------------------------------------------- */

static void find_consoles(struct runtime *rt)
{
	char active[256] = "";

	if (rt->machine)
		(void)file_read("/sys/class/tty/console/active", active, sizeof(active));
	consoles_parse(&rt->consoles, active);
}

static void keep_term(struct runtime *rt)
{
	const char *term = getenv("TERM");

	strcpy(rt->term, "linux");
	if (term && *term && strlen(term) < sizeof(rt->term))
		strcpy(rt->term, term);
}

/* --- early phase --------------------------------------------------------- */

static void banner(struct runtime *rt)
{
	char buf[RUNTIME_LINE];
	struct text line;

	runtime_line(&line, buf, sizeof(buf));
	text_str(&line, TINYINIT_VERSION " is PID 1");
	runtime_say(rt, false, &line);
}

static _Noreturn void be_init(struct runtime *rt, char **argv)
{
	struct engine_options options;
	bool mounted;
	int err;

	stdio_fds_fill();
	signals_init();
	umask(022);
	(void)setsid();
	(void)chdir("/");
	console_init(&rt->console);
	words_init(&rt->words);
	mounted = mounts_all(say_mount, rt);
	rt->machine = system_is_machine();
	take_words(rt, argv);
	banner(rt);
	err = stdio_fds_attach();
	if (!err)
		err = console_open(&rt->console);
	if (err)
		say_error(rt, "/dev/console", "cannot be opened", -err);
	system_catch_ctrl_alt_del();
	err = system_set_hostname();
	if (err)
		say_error(rt, "/etc/hostname", "host name not set", -err);
	keep_term(rt);
	find_consoles(rt);
	rt->groups = groups_init(PLACE_GROUPS) == 0;
	runtime_notices_init(rt);
	runtime_table_init(rt);
	options = (struct engine_options){
		.patience_ms = rt->words.patience_ms,
		.start_timeout_ms = rt->words.start_timeout_ms,
		.shutdown_timeout_ms = rt->words.shutdown_timeout_ms,
		.parallel = rt->words.parallel,
		.n_consoles = rt->consoles.n,
		.rescue = rt->words.rescue || !mounted,
	};
	rt->engine = share_memory(PLACE_STATE, sizeof(engine));
	if (!rt->engine)
		rt->engine = &engine;
	engine_init(rt->engine, &options);
	if (rt->words.goal[0])
		rt->tables.goal = rt->words.goal;

	/* ---- The early phase ends here.  From here on nothing may end. ---- */
	runtime_run(rt);
}

/* --- not PID 1 ----------------------------------------------------------- */

static void complain(const char *s)
{
	(void)write(2, s, strlen(s));
}

/* `init 0` and `init 6`, as people and old scripts say it. */
static int ask_init(const char *level)
{
	int signal = 0;

	if (level && strcmp(level, "0") == 0)
		signal = SIGUSR2;
	else if (level && strcmp(level, "6") == 0)
		signal = SIGTERM;
	if (!signal) {
		complain("usage: init 0 (power off) | init 6 (reboot)\n");
		return 2;
	}
	if (kill(1, signal) < 0) {
		complain("init: PID 1 cannot be asked: are you root?\n");
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (getpid() != 1)
		return ask_init(argc == 2 ? argv[1] : NULL);
	be_init(&runtime, argv);
}
