/* The parts of key.h that are about values in general: words, quotes, errors. */
#include "value.h"

#include "heap.h"
#include "key.h"
#include "near.h"

#include <string.h>

void key_error(struct line *line, const char *at, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	script_verror(line->script, line->line, line->column + (uint32_t)(at - line->value), format,
		      args);
	va_end(args);
}

void key_unknown(struct line *line, const char *at, const char *what, const char *word,
		 const char *const *known)
{
	key_error(line, at, "unknown %s \"%s\"%s", what, word, near_of(word, known));
}

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

void key_words(struct line *line, struct words *words)
{
	const char *s = line->value;

	for (;;) {
		size_t n;

		while (blank(*s))
			s++;
		n = strcspn(s, " \t");
		if (n == 0)
			return;
		words_add(words, heap_copy(s, n), line->line,
			  line->column + (uint32_t)(s - line->value));
		s += n;
	}
}

/* One word with its quotes, from *s on, into out; false after an error. */
static bool unquote(struct line *line, const char **s, char *out)
{
	const char *open = NULL;
	char quote = '\0';

	for (; **s && (quote || !blank(**s)); (*s)++) {
		char c = **s;

		if (quote && c == quote) {
			quote = '\0';
		} else if (!quote && (c == '\'' || c == '"')) {
			quote = c;
			open = *s;
		} else if (c == '\\' && quote != '\'') {
			/* In double quotes only these lose their backslash (sh(1)). */
			if (quote && (*s)[1] && !strchr("\\\"$`", (*s)[1]))
				*out++ = c;
			if (*++*s == '\0') {
				key_error(line, *s - 1, "a backslash at the end of the line");
				return false;
			}
			*out++ = **s;
		} else if (quote != '\'' && strchr(quote ? "$`" : "$`|&;<>()", c)) {
			key_error(line, *s,
				  "\"%c\" is for a shell, and none runs this: quote it with ', "
				  "or say /bin/sh -c '...'",
				  c);
			return false;
		} else {
			*out++ = c;
		}
	}
	*out = '\0';
	if (quote)
		key_error(line, open, "a %c that does not end", quote);
	return !quote;
}

void key_quoted(struct line *line, struct words *words)
{
	const char *s = line->value;

	for (;;) {
		const char *begin;
		char *word;

		while (blank(*s))
			s++;
		if (*s == '\0')
			return;
		begin = s;
		word = heap_take(strlen(s) + 1);
		if (!unquote(line, &s, word))
			return;
		words_add(words, word, line->line, line->column + (uint32_t)(begin - line->value));
	}
}

const char *key_word(struct line *line)
{
	const char *second = line->value + strcspn(line->value, " \t");

	if (*second == '\0')
		return line->value;
	second += strspn(second, " \t");
	key_error(line, second, "\"%s\" takes one word", line->key);
	return NULL;
}

const char *key_path(struct line *line)
{
	const char *path = key_word(line);

	if (path && path[0] != '/') {
		key_error(line, path, "\"%s\" is not an absolute path", path);
		return NULL;
	}
	return path;
}

bool value_number(const char *text, uint64_t max, uint64_t *value)
{
	uint64_t sum = 0;

	if (*text == '\0')
		return false;
	for (; *text; text++) {
		uint64_t digit = (uint64_t)(*text - '0');

		if (*text < '0' || *text > '9' || sum > (max - digit) / 10 || digit > max)
			return false;
		sum = sum * 10 + digit;
	}
	*value = sum;
	return true;
}

bool value_signed(const char *text, int64_t min, int64_t max, int64_t *value)
{
	bool minus = *text == '-';
	uint64_t size;

	if (!value_number(text + (minus || *text == '+'), INT32_MAX, &size))
		return false;
	*value = minus ? -(int64_t)size : (int64_t)size;
	return *value >= min && *value <= max;
}

bool value_duration(const char *text, uint32_t *ms)
{
	static const struct {
		const char *unit;
		uint32_t ms;
	} units[] = {
		{ "", 1000 }, { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 },
	};
	size_t digits = strspn(text, "0123456789");
	uint64_t n;

	if (!value_number(heap_copy(text, digits), 0xffffffff, &n))
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(text + digits, units[i].unit) != 0)
			continue;
		*ms = (uint32_t)(n * units[i].ms);
		return n * units[i].ms < 0xffffffff; /* that one is "the default" */
	}
	return false;
}

bool value_size(const char *text, uint64_t *bytes)
{
	static const char letters[] = "KMGT";
	size_t digits = strspn(text, "0123456789");
	const char *unit = text + digits;
	const char *letter = *unit ? strchr(letters, *unit & ~0x20) : NULL;
	unsigned shift = letter ? 10 * (unsigned)(letter - letters + 1) : 0;

	if ((*unit && (!letter || unit[1])) ||
	    !value_number(heap_copy(text, digits), UINT64_MAX >> 1 >> shift, bytes))
		return false;
	*bytes <<= shift;
	return true;
}
