/*
 * replay: the main of a fuzz target that is no fuzzer: every file of the
 * folders and files that it is given goes through the target once.  TAP.
 *
 * To search instead, leave this file out:
 *
 *	clang -g -O1 -fsanitize=fuzzer,address,undefined -std=gnu11 -D_GNU_SOURCE \
 *		-iquote init/rcc -iquote init/core tests/fuzz/fuzz_header.c \
 *		$(ls init/rcc/[!m]*.c) init/core/table.c -o build/host/fuzz_header
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned n_files;

/* Whole, and cut at every 16th byte: a corpus is small, and cuts are cheap. */
static int replay_file(const char *path)
{
	static uint8_t data[1 << 20];
	FILE *file = fopen(path, "rb");
	size_t n;

	if (!file)
		return -1;
	n = fread(data, 1, sizeof(data), file);
	(void)fclose(file);
	(void)printf("# %s\n", path);
	(void)fflush(stdout);
	for (size_t cut = 0; cut < n && n < 4096; cut += 16)
		(void)LLVMFuzzerTestOneInput(data, cut);
	(void)LLVMFuzzerTestOneInput(data, n);
	n_files++;
	return 0;
}

static int replay(const char *path)
{
	DIR *folder = opendir(path);
	const struct dirent *one;
	int error = 0;

	if (!folder)
		return replay_file(path);
	while (!error && (one = readdir(folder))) {
		char *file;

		if (one->d_name[0] == '.')
			continue;
		file = malloc(strlen(path) + strlen(one->d_name) + 2);
		if (!file)
			abort();
		(void)sprintf(file, "%s/%s", path, one->d_name);
		error = replay_file(file);
		free(file);
	}
	(void)closedir(folder);
	return error;
}

int main(int argc, char **argv)
{
	int failed = 0;

	for (int i = 1; i < argc; i++) {
		unsigned before = n_files;
		int bad = replay(argv[i]) < 0 || n_files == before;

		(void)printf("%sok %d - %s: %u files\n", bad ? "not " : "", i, argv[i],
			     n_files - before);
		failed |= bad;
	}
	(void)printf("1..%d\n", argc - 1);
	return failed || argc < 2;
}
