#include "header.h"

#include "heap.h"
#include "key.h"

#include <string.h>

/* What cannot be a script at all; true: an error was reported. */
static bool is_foreign(struct script *script)
{
	const unsigned char *d = (const unsigned char *)script->data;
	size_t n = script->size;

	if (n == 0)
		script_error(script, 0, 0, "an empty file");
	else if (n >= 2 && ((d[0] == 0xff && d[1] == 0xfe) || (d[0] == 0xfe && d[1] == 0xff)))
		script_error(script, 1, 1, "UTF-16 text, where a script is bytes");
	else if (n >= 3 && d[0] == 0xef && d[1] == 0xbb && d[2] == 0xbf)
		script_error(script, 1, 1, "begins with a byte-order mark, which hides the \"#!\"");
	else
		return false;
	return true;
}

/* A byte that no header line may hold: a control character but the tab. */
static const char *bad_byte(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (((unsigned char)text[i] < 0x20 && text[i] != '\t') || text[i] == 0x7f)
			return text + i;
	return NULL;
}

static bool line_sound(struct script *script, uint32_t number, const char *text, size_t n)
{
	const char *bad = bad_byte(text, n);
	uint32_t column = bad ? (uint32_t)(bad - text) + 1 : 0;

	if (n > SCRIPT_LINE)
		script_error(script, number, SCRIPT_LINE + 1,
			     "a line of %zu bytes, %d are the most", n, SCRIPT_LINE);
	else if (bad && *bad == '\r' && column == n)
		script_error(script, number, column, "line ends in CR, as in a DOS text file");
	else if (bad && *bad == '\0')
		script_error(script, number, column, "a NUL byte");
	else if (bad)
		script_error(script, number, column, "a control character (0x%02x)",
			     (unsigned char)*bad);
	else
		return true;
	return false;
}

/* Part "#:  key   value  " and hand it on. */
static void take(struct script *script, const struct accounts *accounts, uint32_t number,
		 const char *text, size_t n)
{
	struct line line = { .script = script, .accounts = accounts, .line = number };
	size_t key = 2;
	size_t end;
	size_t value;

	if (!line_sound(script, number, text, n))
		return;
	while (n > 2 && (text[n - 1] == ' ' || text[n - 1] == '\t'))
		n--;
	while (key < n && (text[key] == ' ' || text[key] == '\t'))
		key++;
	for (end = key; end < n && text[end] != ' ' && text[end] != '\t';)
		end++;
	if (end == key) {
		script_error(script, number, 3, "\"#:\" without a key");
		return;
	}
	for (value = end; value < n && (text[value] == ' ' || text[value] == '\t');)
		value++;
	line.key = heap_copy(text + key, end - key);
	line.key_column = (uint32_t)key + 1;
	line.value = heap_copy(text + value, n - value);
	line.column = (uint32_t)value + 1;
	key_take(&line);
}

/* A "#:" line below the block is not read; say so when it looks like one. */
static void warn_below(const struct script *script, const char *text, uint32_t number)
{
	while (text) {
		const char *end = strchr(text, '\n');
		size_t key = 2;
		size_t n;

		if (text[0] == '#' && text[1] == ':') {
			key += strspn(text + key, " \t");
			n = strcspn(text + key, " \t\r\n");
			if (n < 32 && key_known(heap_copy(text + key, n)))
				script_warn(script, number, 1,
					    "below the first command: this \"#:\" "
					    "line is not read");
		}
		text = end ? end + 1 : NULL;
		number++;
	}
}

/* Go through the block; returns how many header lines there were. */
static uint32_t read_block(struct script *script, const struct accounts *accounts)
{
	const char *text = script->data;
	const char *stop = text + script->size;
	uint32_t found = 0;
	uint32_t number = 1;

	for (; text < stop; number++) {
		const char *end = memchr(text, '\n', (size_t)(stop - text));
		size_t n = (size_t)((end ? end : stop) - text);
		size_t blank = strspn(text, " \t\r");

		if (text[0] == '#' && n > 1 && text[1] == ':') {
			found++;
			take(script, accounts, number, text, n);
		} else if (number == 1 && n > 1 && text[0] == '#' && text[1] == '!') {
			if (text[n - 1] == '\r')
				script_error(script, 1, (uint32_t)n,
					     "line ends in CR, as in a DOS text file");
		} else if (text[0] == '#' && memchr(text, '\0', n)) {
			script_error(script, number, (uint32_t)strlen(text) + 1, "a NUL byte");
		} else if (text[0] != '#' && blank < n) {
			warn_below(script, text, number);
			return found;
		}
		text = end ? end + 1 : stop;
	}
	if (script->size >= SCRIPT_BYTES)
		script_error(script, number, 0, "the leading comments do not end within %d bytes",
			     SCRIPT_BYTES);
	return found;
}

void header_read(struct script *script, const struct accounts *accounts)
{
	static const char elf[] = "\177ELF";
	uint32_t found = 0;

	if (is_foreign(script))
		return;
	if (strncmp(script->data, elf, 4) != 0)
		found = read_block(script, accounts);
	if (found && !script->scan) {
		life_finish(script);
	} else if (!found) {
		script->row.flags |= TABLE_PLAIN;
		script->row.ready = TABLE_READY_EXIT;
	}
}
