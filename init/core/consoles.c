#include "consoles.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static bool name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-' || c == '.';
}

static void add(struct consoles *consoles, const char *name, size_t len)
{
	if (len == 4 && memcmp(name, "tty0", 4) == 0)
		name = "tty1";
	if (len == 0 || len >= CONSOLES_NAME || consoles->n == CONSOLES_CAP || name[0] == '.')
		return;
	for (size_t i = 0; i < len; i++)
		if (!name_char(name[i]))
			return;
	for (uint32_t i = 0; i < consoles->n; i++)
		if (memcmp(consoles->name[i], name, len) == 0 && !consoles->name[i][len])
			return;
	memcpy(consoles->name[consoles->n], name, len);
	consoles->name[consoles->n++][len] = '\0';
}

void consoles_parse(struct consoles *consoles, const char *list)
{
	memset(consoles, 0, sizeof(*consoles));
	while (*list) {
		size_t len = 0;

		while (list[len] && list[len] != ' ' && list[len] != '\n' && list[len] != '\t')
			len++;
		add(consoles, list, len);
		list += len;
		while (*list == ' ' || *list == '\n' || *list == '\t')
			list++;
	}
	if (!consoles->n)
		add(consoles, "console", 7);
}
