/*
 * keep: the rows of the table before, for services whose file has gone bad.
 *
 * A broken file never harms a running service: it keeps its old row, with the
 * fault and its line in it but without TABLE_BAD.
 */
#ifndef TINYINIT_RCC_KEEP_H
#define TINYINIT_RCC_KEEP_H

#include "script.h"

/* Before the graph is made.  False, and a warning: there is no sound old table. */
bool keep_rows(struct scripts *scripts, const char *file);

/*
 * The same for those that the graph has found to be wrong.  True: there are such
 * with an old row, and the graph has to be made anew.
 */
bool keep_again(struct scripts *scripts, const char *file);

#endif
