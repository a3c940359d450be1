#include "lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool.h"

/* On the heap, for found() may read another file. */
struct reader {
	bool (*found)(const char *line, void *arg);
	void *arg;
	size_t len;
	char line[4096 + 1];
	char data[4096];
};

static bool take(struct reader *reader, const char *data, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (data[i] != '\n') {
			if (reader->len < sizeof(reader->line) - 1)
				reader->line[reader->len++] = data[i];
			continue;
		}
		reader->line[reader->len] = '\0';
		reader->len = 0;
		if (reader->found(reader->line, reader->arg))
			return true;
	}
	return false;
}

int lines_find(const char *path, bool (*found)(const char *line, void *arg), void *arg)
{
	struct reader *reader;
	ssize_t n = 0;
	bool got = false;
	int err;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return -1;
	reader = tool_zeroed(1, sizeof(*reader));
	reader->found = found;
	reader->arg = arg;
	while (!got && (n = read(fd, reader->data, sizeof(reader->data))) > 0)
		got = take(reader, reader->data, (size_t)n);
	err = errno;
	/* The last line may have no newline. */
	if (!got && n == 0 && reader->len)
		got = take(reader, "\n", 1);
	free(reader);
	close(fd);
	errno = err;
	return got ? 1 : n < 0 ? -1 : 0;
}

const char *lines_word(const char *line, int n)
{
	line += strspn(line, " ");
	while (n-- > 0) {
		line += strcspn(line, " ");
		line += strspn(line, " ");
	}
	return line;
}
