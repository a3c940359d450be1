#include "message.h"

#include <stddef.h>

/*
 * The wording.  %n name, %o the other, %l ":line", %e ending, %t time taken, %p
 * power, %g the same under way, %w who asked, %s signal, %c count, %d count in
 * ms, %f failed, %z "s" where the count is not 1.  '!' in front: trouble; '#':
 * trouble, and the line begins with "tinyinit: ".
 */
static const char *const wording[] = {
	[MESSAGE_STARTED] = "[ ok ] %n (%t)",
	[MESSAGE_START_FAILED] = "![fail] %n: %e (%t)",
	[MESSAGE_START_TIMEOUT] = "![fail] %n: start timed out after %t",
	[MESSAGE_START_OVERDUE] = "#%n: still starting after %t, going on",
	[MESSAGE_START_STOPPED] = "#%n: start cut short",
	[MESSAGE_NOT_READY] = "![fail] %n: not ready: %e (%t)",
	[MESSAGE_WAIT_FAILED] = "![fail] %n: what it waits for: %e (%t)",
	[MESSAGE_WAITS] = "#%n: waits for %o",
	[MESSAGE_WAITS_OUTSIDE] = "#%n: waits for what is outside (its \"wait\" line)",
	[MESSAGE_BAD] = "#%n%l: %o",
	[MESSAGE_BLOCKED] = "![fail] %n: needs %o, which is not to be had",
	[MESSAGE_ENDED] = "#%n: ended: %e, after %t",
	[MESSAGE_RESTARTS] = "#%n: ended: %e; starting again in %t",
	[MESSAGE_SLOWED] = "#%n: restarts too often; from now on after %d",
	[MESSAGE_LIMIT] = "![fail] %n: restarts too often, given up",
	[MESSAGE_WATCHDOG] = "#%n: missed its watchdog ping",
	[MESSAGE_UNKILLABLE] = "#%n: does not end even when killed, left behind",
	[MESSAGE_STOPPED] = "[ ok ] %n stopped (%t)",
	[MESSAGE_STOP_FAILED] = "![fail] %n stop: %e (%t)",
	[MESSAGE_STOP_OVERDUE] = "#%n: still stopping after %t, going on",
	[MESSAGE_SPAWN_AGAIN] = "#%n: cannot start a process: %e; trying again",
	[MESSAGE_CONSOLE_AWAY] = "#no login on %n: %e; trying again",
	[MESSAGE_CONSOLE_QUICK] = "#%n: logins end at once; trying more slowly",
	[MESSAGE_CONSOLE_FAILED] = "#no login on %n: %e",
	[MESSAGE_RESCUE] = "#rescue shell on the console; \"exit\" goes on with the boot",
	[MESSAGE_RESCUE_FAILED] = "#no rescue shell: %e; going on with the boot",
	[MESSAGE_COMPILE_FAILED] = "#/sbin/rcc: %e; the scripts were not read",
	[MESSAGE_NO_TABLE] = "#there is no service table that can be used",
	[MESSAGE_NO_GOAL] = "#tinyinit.goal= names no service; starting all",
	[MESSAGE_RELOADED] = "tinyinit: reloaded: %c service%z, %f of them new or changed",
	[MESSAGE_READY] = "tinyinit: ready (%c script%z, %f failed, %t)",
	[MESSAGE_REQUEST] = "#%p requested by %w (%s)",
	[MESSAGE_REQUEST_SELF] = "#%p, because %n restarts too often",
	[MESSAGE_REQUEST_KEPT] = "#another request changes nothing: %p is under way",
	[MESSAGE_STOP_LATE] = "#scripts did not stop in time, going on",
	[MESSAGE_TERM_LATE] = "#processes did not end in time, killing them",
	[MESSAGE_KILL_LATE] = "#processes do not end even when killed, going on",
	[MESSAGE_GOING] = "#%g",
	[MESSAGE_FINISH_LATE] = "#the file systems did not come to rest, %p anyway",
	[MESSAGE_IMPOSSIBLE] = "#internal: event %c that cannot be (%n)",
};

bool message_is_trouble(enum message message)
{
	return wording[message][0] == '!' || wording[message][0] == '#';
}

const char *message_power(enum power power)
{
	return power == POWER_OFF ? "power off" : power == POWER_HALT ? "halt" : "reboot";
}

static const char *going(enum power power)
{
	return power == POWER_OFF ? "powering off" : power == POWER_HALT ? "halting" : "rebooting";
}

void message_ending(struct text *t, const struct ending *ending)
{
	static const char *const faults[] = {
		[FAULT_NONE] = "error",
		[FAULT_AGAIN] = "out of resources",
		[FAULT_NO_TTY] = "no such terminal",
		[FAULT_NOT_FOUND] = "no such file or interpreter",
		[FAULT_DENIED] = "not executable",
		[FAULT_NO_PROGRAM] = "not a program, and no script with \"#!\"",
		[FAULT_OTHER] = "cannot be run",
	};

	switch (ending->how) {
	case HOW_EXIT:
		text_str(t, "exit ");
		text_int(t, ending->number);
		return;
	case HOW_SIGNAL:
		text_str(t, "killed by ");
		text_signal(t, ending->number);
		return;
	case HOW_FAULT:
		text_str(t, faults[ending->fault]);
		if (ending->fault == FAULT_DENIED || ending->fault == FAULT_NOT_FOUND)
			return;
		text_str(t, " (");
		text_error(t, ending->number);
		text_str(t, ")");
		return;
	}
}

/* The kernel sends Ctrl-Alt-Del itself; a container's owner sends from outside. */
static void who(struct text *t, const struct action *say)
{
	if (say->pid < 0) {
		text_str(t, "a process outside the container");
		return;
	}
	if (!say->pid) {
		text_str(t, "the kernel");
		return;
	}
	text_str(t, "pid ");
	text_int(t, say->pid);
	text_str(t, " uid ");
	text_uint(t, say->uid);
}

static void fill_in(struct text *t, char what, const struct action *say, const char *name,
		    const char *other)
{
	switch (what) {
	case 'n':
		text_safe(t, name, 255);
		break;
	case 'o':
		text_safe(t, other, 255);
		break;
	case 'l':
		if (say->count) {
			text_str(t, ":");
			text_uint(t, say->count);
		}
		break;
	case 'd':
		text_duration(t, say->count);
		break;
	case 'z':
		if (say->count != 1)
			text_str(t, "s");
		break;
	case 'e':
		message_ending(t, &say->ending);
		break;
	case 't':
		text_duration(t, say->ms);
		break;
	case 'p':
		text_str(t, message_power(say->power));
		break;
	case 'g':
		text_str(t, going(say->power));
		break;
	case 'w':
		who(t, say);
		break;
	case 's':
		text_signal(t, say->ending.number);
		break;
	case 'c':
		text_uint(t, say->count);
		break;
	case 'f':
		text_uint(t, say->failed);
		break;
	default:
		break;
	}
}

void message_format(struct text *t, const struct action *say, const char *name, const char *other)
{
	const char *s = wording[say->message];
	char one[2] = "";

	if (*s == '#')
		text_str(t, "tinyinit: ");
	for (s += *s == '!' || *s == '#'; *s; s++) {
		if (*s == '%') {
			fill_in(t, *++s, say, name, other);
			continue;
		}
		one[0] = *s;
		text_str(t, one);
	}
}
