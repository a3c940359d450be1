/*
 * account: users and groups by rcc's own reader of passwd(5) and group(5).
 *
 * No NSS: what counts is the device's files, and a static binary could not load
 * a resolver.  Lines that are none are passed over, as libc does.
 */
#ifndef TINYINIT_RCC_ACCOUNT_H
#define TINYINIT_RCC_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

struct accounts {
	char *passwd; /* the files' text, "" when there are none */
	char *group;
};

struct account {
	const char *name; /* "": the number has no entry */
	uint32_t uid;
	uint32_t gid;
	bool known; /* there is such an entry, so gid holds */
};

/* By name or number; false: no such user. */
bool account_user(const struct accounts *accounts, const char *name, struct account *account);

/* By name or number; false: no such group. */
bool account_group(const struct accounts *accounts, const char *name, uint32_t *gid);

/* "10,20": the groups that list this user as a member, or "". */
const char *account_member(const struct accounts *accounts, const char *user);

#endif
