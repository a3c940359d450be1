/*
 * template: the text of a new script, ready to be edited, on stdout.
 */
#ifndef TINYINIT_RCC_TEMPLATE_H
#define TINYINIT_RCC_TEMPLATE_H

#include <stdbool.h>

/* kind: "daemon", "oneshot", "forking".  False, and nothing printed: another one. */
bool template_print(const char *name, const char *kind);

/* Can a service be called so? */
bool template_name_good(const char *name);

#endif
