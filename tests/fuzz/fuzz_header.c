/*
 * Any bytes as a script, beside one that it may name: whatever comes of it, the
 * table must be sound, and the other script's row must be in it.
 *
 * Bytes behind "\n%%\n" are a second script.
 */
#include "account.h"
#include "graph.h"
#include "heap.h"
#include "image.h"
#include "input.h"
#include "report.h"
#include "shell.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int truth)
{
	if (!truth)
		abort();
}

static void add(struct input *input, const char *name, const char *data, size_t size)
{
	struct script *file = script_new(name, name, name, name);

	file->data = heap_copy(data, size);
	file->size = size;
	input_script(input, file);
}

static void run(const char *data, size_t size)
{
	static const char plain[] = "#!/bin/sh\n";
	struct input input;
	struct shell shell;
	struct table table;
	const char *second = memmem(data, size, "\n%%\n", 4);
	size_t first = second ? (size_t)(second - data) : size;
	size_t bytes;
	void *image;

	memset(&input, 0, sizeof(input));
	input.accounts.passwd = heap_copy(data, size);
	input.accounts.group = heap_copy(data, size);
	add(&input, "10-a", data, first);
	if (second)
		add(&input, "b@", second + 4, size - first - 4);
	add(&input, "z", plain, strlen(plain));
	scripts_sort(&input.scripts);
	for (uint32_t i = 1; i < input.scripts.n; i++)
		if (strcmp(input.scripts.at[i - 1]->name, input.scripts.at[i]->name) == 0)
			return; /* the same instance twice: input_read drops one */
	graph_make(&input.scripts);
	image = image_make(&input.scripts, &input.sources, &bytes);
	require(image != NULL);
	require(table_check(&table, image, bytes) == TABLE_SOUND);
	require(table_find(&table, "z") != TABLE_NONE);
	require(table_find(&table, "10-a") != TABLE_NONE);
	shell_read(&shell, heap_copy(data, size));
	for (uint32_t i = 0; i < shell.commands.n; i++)
		(void)shell_asks_for(data, "x");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy;

	if (size > 64 * 1024)
		return 0;
	report_init(true);
	copy = malloc(size + 1);
	require(copy != NULL);
	memcpy(copy, data, size);
	copy[size] = '\0';
	run(copy, size);
	heap_drop();
	free(copy);
	return 0;
}
