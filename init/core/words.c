#include "words.h"

#include <string.h>

static const char prefix[] = "tinyinit.";

void words_init(struct words *w)
{
	w->patience_ms = 5000;
	w->start_timeout_ms = 30000;
	w->shutdown_timeout_ms = 20000;
	w->rescue = false;
	w->quiet = false;
	w->debug = false;
	w->parallel = 0;
	w->goal[0] = '\0';
}

static bool is(const char *word, size_t len, const char *name)
{
	return len == strlen(name) && memcmp(word, name, len) == 0;
}

/* Decimal, in 1..3600; 0 if it is anything else. */
static uint32_t number(const char *s, size_t len)
{
	uint32_t n = 0;

	if (len < 1 || len > 4)
		return 0;
	for (size_t i = 0; i < len; i++) {
		if (s[i] < '0' || s[i] > '9')
			return 0;
		n = n * 10 + (uint32_t)(s[i] - '0');
	}
	return n <= 3600 ? n : 0;
}

static enum words_result take_number(uint32_t *out, const char *value, size_t len)
{
	uint32_t n = number(value, len);

	if (!n)
		return WORDS_BAD_VALUE;
	*out = n;
	return WORDS_TAKEN;
}

static enum words_result take_seconds(uint32_t *ms, const char *value, size_t len)
{
	uint32_t n;

	if (take_number(&n, value, len) != WORDS_TAKEN)
		return WORDS_BAD_VALUE;
	*ms = n * 1000;
	return WORDS_TAKEN;
}

static enum words_result take_name(char *out, const char *value, size_t len)
{
	if (!len || len >= WORDS_NAME)
		return WORDS_BAD_VALUE;
	memcpy(out, value, len);
	out[len] = '\0';
	return WORDS_TAKEN;
}

static enum words_result take_own(struct words *w, const char *word, size_t len)
{
	size_t name = 0;

	while (name < len && word[name] != '=')
		name++;
	if (name == len) {
		if (!is(word, len, "debug"))
			return WORDS_UNKNOWN;
		w->debug = true;
		return WORDS_TAKEN;
	}
	const char *value = word + name + 1;
	size_t value_len = len - name - 1;

	if (is(word, name, "patience"))
		return take_seconds(&w->patience_ms, value, value_len);
	if (is(word, name, "start_timeout"))
		return take_seconds(&w->start_timeout_ms, value, value_len);
	if (is(word, name, "shutdown_timeout"))
		return take_seconds(&w->shutdown_timeout_ms, value, value_len);
	if (is(word, name, "parallel"))
		return take_number(&w->parallel, value, value_len);
	if (is(word, name, "goal"))
		return take_name(w->goal, value, value_len);
	return WORDS_UNKNOWN;
}

enum words_result words_take(struct words *w, const char *word, size_t len, bool boot_arg)
{
	static const char *const rescue[] = { "rescue", "single", "emergency" };
	static const char *const rescue_arg[] = { "s", "S", "1", "-s", "-b" };

	if (len >= sizeof(prefix) - 1 && memcmp(word, prefix, sizeof(prefix) - 1) == 0)
		return take_own(w, word + sizeof(prefix) - 1, len - (sizeof(prefix) - 1));
	for (size_t i = 0; i < sizeof(rescue) / sizeof(rescue[0]); i++)
		if (is(word, len, rescue[i]))
			w->rescue = true;
	for (size_t i = 0; boot_arg && i < sizeof(rescue_arg) / sizeof(rescue_arg[0]); i++)
		if (is(word, len, rescue_arg[i]))
			w->rescue = true;
	if (is(word, len, "quiet"))
		w->quiet = true;
	if (is(word, len, "debug"))
		w->debug = true;
	return WORDS_NOT_OURS;
}

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

size_t words_next(const char **line, const char **word)
{
	const char *s = *line;
	bool quoted = false;

	while (blank(*s))
		s++;
	*word = s;
	while (*s && (quoted || !blank(*s))) {
		if (*s == '"')
			quoted = !quoted;
		s++;
	}
	*line = s;
	if (s - *word >= 2 && **word == '"' && s[-1] == '"') {
		(*word)++;
		s--;
		if (s == *word) /* "" is no word: go on behind it */
			return words_next(line, word);
	}
	return (size_t)(s - *word);
}
