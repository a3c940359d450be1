/*
 * input: all that a table is made of: folders of scripts, users, groups.
 *
 * A folder below the root, or any absolute one where the root is that of the
 * running system, is where its scripts will be on the device; the scripts of
 * any other folder are taken as if they lay in PLACE_SCRIPTS.  Of two files with
 * one name the later folder's counts.
 */
#ifndef TINYINIT_RCC_INPUT_H
#define TINYINIT_RCC_INPUT_H

#include "account.h"
#include "script.h"
#include "source.h"

struct input {
	struct sources sources;
	struct accounts accounts;
	struct scripts scripts;
	struct scripts templates; /* the files "name@" that can have instances */
};

/* root: "" or a path that does not end in "/"; dirs ends with NULL, none: PLACE_SCRIPTS. */
void input_read(struct input *input, const char *root, char *const *dirs);

/* Parse what script->data holds; a template adds one script for each instance. */
void input_script(struct input *input, const struct script *file);

/*
 * Add the instances that nobody lists and somebody needs by name, and those that
 * they need; input_read has done so, but an old row that is kept may need more.
 */
void input_instances(struct input *input);

/* Is a file of this name a script, and not what lies beside scripts? */
bool input_wanted(const char *name);

#endif
