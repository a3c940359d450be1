/*
 * message: every line that the engine can have said, in words.
 *
 * The engine names a message and its numbers; the wording stands here alone.
 * Two kinds of line: a verdict on a script, in brackets, and a sentence that
 * begins with "tinyinit: ".
 */
#ifndef TINYINIT_MESSAGE_H
#define TINYINIT_MESSAGE_H

#include "action.h"
#include "text.h"

#include <stdbool.h>

/* Does the line report trouble, so that it is shown even when all is quiet? */
bool message_is_trouble(enum message message);

/*
 * Append the line for an ACTION_SAY to t, without the newline.  name: of the
 * action's unit, of a BAD service its file; other: of its other unit, of a BAD
 * service what is wrong.  Both may hold any byte.
 */
void message_format(struct text *t, const struct action *say, const char *name, const char *other);

/* "exit 3", "killed by SIGSEGV", "no such file or interpreter", "errno 12". */
void message_ending(struct text *t, const struct ending *ending);

/* "power off", "reboot", "halt". */
const char *message_power(enum power power);

#endif
