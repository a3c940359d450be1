/* Fuzz words: any kernel command line at all. */
#include "words.h"

#include "replay.h"

static void check_values(const struct words *w)
{
	const uint32_t values[] = { w->patience_ms, w->start_timeout_ms, w->shutdown_timeout_ms };

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		CHECK(values[i] >= 1000 && values[i] <= 3600000 && values[i] % 1000 == 0);
}

static void check_take(const char *word, size_t len, bool boot_arg, struct words *w)
{
	static const char prefix[] = "tinyinit.";
	bool ours = len >= sizeof(prefix) - 1 && memcmp(word, prefix, sizeof(prefix) - 1) == 0;
	struct words before = *w;
	enum words_result result = words_take(w, word, len, boot_arg);

	CHECK(ours == (result != WORDS_NOT_OURS));
	if (result == WORDS_UNKNOWN || result == WORDS_BAD_VALUE)
		CHECK(memcmp(&before, w, sizeof(before)) == 0);
	check_values(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *line = replay_string(data, size);
	const char *at = line;
	const char *end = line + strlen(line);
	const char *seen = line; /* everything before it has been gone through */
	const char *word;
	struct words w;
	size_t len;

	memset(&w, 0, sizeof(w));
	words_init(&w);
	while ((len = words_next(&at, &word))) {
		CHECK(word >= seen && word + len <= at && at <= end);
		seen = at;
		check_take(word, len, false, &w);
		check_take(word, len, true, &w);
	}
	CHECK(at == end);
	free(line);
	return 0;
}

REPLAY_MAIN("tests/fuzz/corpus/words")
