/*
 * header: the `#:` lines in the leading comment block of a script.
 *
 * The block begins in the first line, or behind the one with "#!", and ends at
 * the first line that is neither a comment nor blank.  A file without a header
 * line is a plain script, and is left alone.
 */
#ifndef TINYINIT_RCC_HEADER_H
#define TINYINIT_RCC_HEADER_H

#include "account.h"
#include "script.h"

/*
 * Read script->data into the script; a fault is reported and noted there.
 * After it, script->row.flags has TABLE_PLAIN when there is no header.
 */
void header_read(struct script *script, const struct accounts *accounts);

#endif
