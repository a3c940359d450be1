/*
 * net: what the kernel says of interfaces, addresses and routes, asked at once.
 */
#ifndef TINYINIT_NET_H
#define TINYINIT_NET_H

#include <stdbool.h>

/* Administratively up. */
bool net_is_up(const char *iface);

/* Up, and its link works. */
bool net_has_carrier(const char *iface);

/*
 * Up, with an address that can be used: of IPv4, or of IPv6 when it is not
 * link-local (every interface has such a one), tentative or a duplicate.
 */
bool net_has_address(const char *iface);

/* A default route of IPv4 or IPv6 over a link that is not down. */
bool net_has_default_route(void);

#endif
