/*
 * replay: main() of a fuzzer that only goes through its corpus, as TAP.
 *
 * Each file is one input, and so is every beginning of it.  A sanitizer's report
 * or a failed check ends the program, and the plan is not met.  Built with
 * -DFUZZER -fsanitize=fuzzer, clang's main() searches for new inputs instead.
 */
#ifndef TINYINIT_FUZZ_REPLAY_H
#define TINYINIT_FUZZ_REPLAY_H

#include <dirent.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold; never compiled out. */
#define CHECK(c)                                                                      \
	do {                                                                          \
		if (!(c)) {                                                           \
			fprintf(stderr, "# %s:%d: not so: %s\n", __FILE__, __LINE__, #c); \
			abort();                                                      \
		}                                                                     \
	} while (0)

/* The input as a string of its own, so that a byte too many is seen. */
static inline char *replay_string(const uint8_t *data, size_t size)
{
	char *s = malloc(size + 1);

	CHECK(s);
	if (size)
		memcpy(s, data, size);
	s[size] = '\0';
	return s;
}

#ifndef FUZZER

enum {
	REPLAY_FILES = 1024,
	REPLAY_SIZE = 65536,
};

static int replay_wanted(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void replay_file(const char *folder, const char *name)
{
	static uint8_t data[REPLAY_SIZE];
	char path[4096];
	size_t size;
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "rb");
	CHECK(file);
	size = fread(data, 1, sizeof(data), file);
	CHECK(!ferror(file));
	(void)fclose(file);
	for (size_t part = 0; part <= size; part++)
		(void)LLVMFuzzerTestOneInput(data, part);
}

static int replay(const char *folder)
{
	struct dirent **entries;
	int n = scandir(folder, &entries, replay_wanted, alphasort);

	if (n <= 0) {
		printf("1..1\nnot ok 1 - %s holds no input\n", folder);
		return 1;
	}
	printf("1..%d\n", n);
	for (int i = 0; i < n; i++) {
		replay_file(folder, entries[i]->d_name);
		printf("ok %d - %s\n", i + 1, entries[i]->d_name);
		(void)fflush(stdout);
		free(entries[i]);
	}
	free(entries);
	return 0;
}

/* The corpus is the first argument; without one, that of this fuzzer. */
#define REPLAY_MAIN(corpus)                                       \
	int main(int argc, char **argv)                           \
	{                                                         \
		return replay(argc > 1 ? argv[1] : (corpus));     \
	}

#else
#define REPLAY_MAIN(corpus)
#endif

#endif
