#include "tool.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "table.h"

/* Append what fits, and leave room for a newline. */
static size_t append(char *line, size_t cap, size_t len, const char *part)
{
	size_t n = strlen(part);

	if (n > cap - 1 - len)
		n = cap - 1 - len;
	memcpy(line + len, part, n);
	return len + n;
}

void say_parts(const char *place, const char *const *parts)
{
	char line[1024];
	size_t len = append(line, sizeof(line), 0, "tinyinit: ");

	len = append(line, sizeof(line), len, place);
	len = append(line, sizeof(line), len, ": ");
	while (*parts)
		len = append(line, sizeof(line), len, *parts++);
	/* One message is one line, whatever stands in a path. */
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			line[i] = '?';
	line[len++] = '\n';
	while (write(STDERR_FILENO, line, len) < 0 && errno == EINTR)
		;
}

const char *tool_decimal(uint64_t value)
{
	static char buffers[4][21];
	static unsigned next;
	char *at = buffers[next++ % 4] + 20;

	*at = '\0';
	do {
		*--at = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	return at;
}

static unsigned digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned)(c - 'A') + 10;
	return 99;
}

bool tool_number(const char *s, unsigned base, uint64_t max, uint64_t *value)
{
	uint64_t sum = 0;

	if (!*s)
		return false;
	for (; *s; s++) {
		unsigned d = digit(*s);

		if (d >= base || sum > (max - d) / base || d > max)
			return false;
		sum = sum * base + d;
	}
	*value = sum;
	return true;
}

bool tool_signed(const char *s, int min, int max, int *value)
{
	bool minus = *s == '-';
	uint64_t sum;

	if (!tool_number(s + minus, 10, INT32_MAX, &sum))
		return false;
	*value = minus ? -(int)sum : (int)sum;
	return *value >= min && *value <= max;
}

void *tool_zeroed(size_t n, size_t size)
{
	void *got = calloc(n ? n : 1, size);

	if (!got) {
		say("tinyctl", "out of memory");
		_exit(TOOL_FAILED);
	}
	return got;
}

char *tool_join_parts(const char *const *parts)
{
	size_t len = 0;
	char *all, *end;

	for (const char *const *part = parts; *part; part++)
		len += strlen(*part);
	all = end = tool_zeroed(len + 1, 1);
	for (const char *const *part = parts; *part; part++) {
		size_t n = strlen(*part);

		memcpy(end, *part, n);
		end += n;
	}
	return all;
}

uint64_t tool_now_ms(void)
{
	struct timespec now = { 0, 0 };

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void tool_pause_ms(uint32_t ms)
{
	poll(NULL, 0, (int)ms);
}

bool tool_is_name(const char *name)
{
	size_t len = strlen(name);

	return len && len <= TABLE_NAME && !strchr(name, '/') && strcmp(name, ".") &&
	       strcmp(name, "..");
}
