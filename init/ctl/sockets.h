/*
 * sockets: does somebody listen?  Read from the kernel's tables in /proc/net, so
 * that no service ever sees a connection that is only a question.
 */
#ifndef TINYINIT_SOCKETS_H
#define TINYINIT_SOCKETS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Of each: 1, 0, or -1 and errno where there is no such table.
 *
 * A stream or seqpacket socket that listens, or a datagram socket, at that path
 * (or at another path to the same file).
 */
int sockets_unix(const char *path);

/* IPv4 or IPv6, any address. */
int sockets_tcp(uint16_t port);
int sockets_udp(uint16_t port);

#endif
