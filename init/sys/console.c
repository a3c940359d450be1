#include "console.h"

#include "clock.h"
#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
	PAUSE_FIRST_MS = 50, /* a UART at 115200 baud empties its 4 KiB in 350 ms */
	PAUSE_LAST_MS = 3200,
};

void console_init(struct console *console)
{
	memset(console, 0, sizeof(*console));
	console->fd = -1;
}

int console_open(struct console *console)
{
	int fd = open("/dev/console", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	int err = fd < 0 ? -errno : 0;

	if (console->fd >= 0)
		close(console->fd);
	console->fd = fd;
	return err;
}

static bool take(struct console *console, const char *s, size_t len)
{
	if (len > CONSOLE_RING - console->len)
		return false;
	for (size_t i = 0; i < len; i++)
		console->ring[(console->at + console->len++) % CONSOLE_RING] = s[i];
	return true;
}

static void report_dropped(struct console *console)
{
	static const char head[] = "tinyinit: console: dropped bytes: ";
	char line[sizeof(head) + 12];
	size_t end = sizeof(line);
	uint32_t n = console->dropped;

	line[--end] = '\n';
	do {
		line[--end] = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	end -= sizeof(head) - 1;
	memcpy(line + end, head, sizeof(head) - 1);
	if (take(console, line + end, sizeof(line) - end))
		console->dropped = 0;
}

static void pause_writing(struct console *console, uint64_t now_ms)
{
	if (!console->pause_ms)
		console->pause_ms = PAUSE_FIRST_MS;
	else if (console->pause_ms < PAUSE_LAST_MS)
		console->pause_ms *= 2;
	console->due_ms = now_ms + console->pause_ms;
}

void console_flush(struct console *console, uint64_t now_ms)
{
	if (console->pause_ms && now_ms < console->due_ms)
		return;
	if (console->fd < 0)
		(void)console_open(console);
	while (console->fd >= 0 && (console->len || console->dropped)) {
		uint32_t run = CONSOLE_RING - console->at;
		ssize_t n;

		if (console->dropped && console->len < CONSOLE_RING / 2)
			report_dropped(console);
		n = write(console->fd, console->ring + console->at,
			  run < console->len ? run : console->len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN) /* hung up: a new descriptor may do */
			(void)console_open(console);
		if (n <= 0) {
			pause_writing(console, now_ms);
			return;
		}
		console->at = (console->at + (uint32_t)n) % CONSOLE_RING;
		console->len -= (uint32_t)n;
		console->pause_ms = 0;
	}
}

void console_write(struct console *console, const char *line, size_t len, uint64_t now_ms)
{
	if (!take(console, line, len))
		console->dropped += (uint32_t)len;
	console_flush(console, now_ms);
}

uint64_t console_due(const struct console *console)
{
	return console->fd >= 0 && console->len ? console->due_ms : 0;
}

/* Does the ring or the kernel still hold something of what was said? */
static bool holds(const struct console *console)
{
	int queued = 0;

	return console->len > 0 || (ioctl(console->fd, TIOCOUTQ, &queued) == 0 && queued > 0);
}

void console_drain(struct console *console, uint64_t limit_ms)
{
	uint64_t end_ms = clock_ms() + limit_ms;

	while (console->fd >= 0 && clock_ms() < end_ms) {
		console->pause_ms = 0;
		console_flush(console, clock_ms());
		if (!holds(console))
			return;
		signals_wait(-1, 10);
	}
}
