#include "sockets.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "lines.h"
#include "tool.h"

/* States of /proc/net/tcp and udp, net/tcp_states.h: TCP_LISTEN, TCP_CLOSE. */
enum {
	STATE_LISTEN = 0x0a,
	STATE_CLOSE = 0x07, /* a udp socket that is not connected */
};

enum {
	FLAG_LISTEN = 1 << 16, /* __SO_ACCEPTCON of linux/net.h */
};

/* The hexadecimal number at the start of s. */
static uint32_t hex(const char *s)
{
	char digits[9] = { 0 };
	uint64_t value = 0;
	size_t len = strspn(s, "0123456789ABCDEFabcdef");

	memcpy(digits, s, len < 8 ? len : 8);
	tool_number(digits, 16, UINT32_MAX, &value);
	return (uint32_t)value;
}

static bool is_same_file(const char *one, const char *other)
{
	const char *name = strrchr(one, '/'), *other_name = strrchr(other, '/');
	struct stat a, b;

	if (!name || !other_name || strcmp(name, other_name))
		return false;
	return stat(one, &a) == 0 && stat(other, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

/* Num RefCount Protocol Flags Type St Inode Path */
static bool is_unix(const char *line, void *arg)
{
	uint32_t flags = hex(lines_word(line, 3));
	uint32_t type = hex(lines_word(line, 4));
	const char *path = lines_word(line, 7);

	if (!(type == SOCK_DGRAM ||
	      (flags & FLAG_LISTEN && (type == SOCK_STREAM || type == SOCK_SEQPACKET))))
		return false;
	return !strcmp(path, arg) || is_same_file(path, arg);
}

int sockets_unix(const char *path)
{
	/* lines_find gives it back to is_unix, which only reads it. */
	union {
		const char *in;
		void *out;
	} arg = { .in = path };

	return lines_find("/proc/net/unix", is_unix, arg.out);
}

struct port {
	uint32_t port, state;
};

/* sl local_address:port rem_address:port st ... */
static bool is_port(const char *line, void *arg)
{
	const struct port *port = arg;
	const char *local = strchr(lines_word(line, 1), ':');

	return local && hex(local + 1) == port->port && hex(lines_word(line, 3)) == port->state;
}

static int find(const char *table, const char *table6, const struct port *port)
{
	struct port copy = *port;
	int got = lines_find(table, is_port, &copy);
	int got6 = got == 1 ? 0 : lines_find(table6, is_port, &copy);

	/* One of the two protocols may be missing in the kernel. */
	return got == 1 || got6 == 1 ? 1 : got < 0 && got6 < 0 ? -1 : 0;
}

int sockets_tcp(uint16_t port)
{
	return find("/proc/net/tcp", "/proc/net/tcp6", &(struct port){ port, STATE_LISTEN });
}

int sockets_udp(uint16_t port)
{
	return find("/proc/net/udp", "/proc/net/udp6", &(struct port){ port, STATE_CLOSE });
}
