/*
 * command: the argument lists of a service, made of what its header says.
 *
 * PID 1 knows nothing of users and limits: what the header asks for becomes
 * options of rcexec in front of the command; what has to be waited for outside
 * becomes a command of rcwait.
 */
#ifndef TINYINIT_RCC_COMMAND_H
#define TINYINIT_RCC_COMMAND_H

#include "script.h"

/* Fill in start, stop, reload, wait, probe and the row's hash. */
void command_make(struct script *script);

/* FNV-1a of all that a running service was started with. */
uint32_t command_hash(const struct script *script);

#endif
