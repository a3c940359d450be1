#include "account.h"

#include "heap.h"

#include <stddef.h>
#include <string.h>

enum {
	FIELDS = 8
};

struct field {
	const char *text;
	size_t n;
};

/* A number of digits only, below the one that chown(2) keeps for "none". */
static bool number(const char *text, size_t n, uint32_t *value)
{
	uint64_t sum = 0;

	if (n == 0 || n > 10)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		sum = sum * 10 + (uint64_t)(text[i] - '0');
	}
	*value = (uint32_t)sum;
	return sum < 0xffffffff;
}

/* The fields of the line at *at, which moves on; false at the end. */
static bool next_line(const char **at, struct field *fields, uint32_t *n)
{
	const char *line = *at;
	size_t length = strcspn(line, "\n");
	const char *end = line + length;

	if (*line == '\0')
		return false;
	*at = *end ? end + 1 : end;
	*n = 0;
	while (*n < FIELDS) {
		const char *colon = memchr(line, ':', (size_t)(end - line));
		const char *stop = colon ? colon : end;

		fields[(*n)++] = (struct field){ line, (size_t)(stop - line) };
		if (!colon)
			break;
		line = colon + 1;
	}
	return true;
}

static bool is(struct field field, const char *name)
{
	return field.n == strlen(name) && memcmp(field.text, name, field.n) == 0;
}

bool account_user(const struct accounts *accounts, const char *name, struct account *account)
{
	const char *at = accounts->passwd;
	struct field f[FIELDS];
	uint32_t n;
	uint32_t uid = 0;
	bool numeric = number(name, strlen(name), &uid);

	while (next_line(&at, f, &n)) {
		if (n < 4 || f[0].n == 0 || !number(f[2].text, f[2].n, &account->uid) ||
		    !number(f[3].text, f[3].n, &account->gid))
			continue;
		if (is(f[0], name) || (numeric && account->uid == uid)) {
			account->name = heap_copy(f[0].text, f[0].n);
			account->known = true;
			return true;
		}
	}
	account->name = "";
	account->known = false;
	account->uid = numeric ? uid : 0;
	return numeric;
}

bool account_group(const struct accounts *accounts, const char *name, uint32_t *gid)
{
	const char *at = accounts->group;
	struct field f[FIELDS];
	uint32_t n;

	while (next_line(&at, f, &n))
		if (n >= 3 && f[0].n && is(f[0], name) && number(f[2].text, f[2].n, gid))
			return true;
	return number(name, strlen(name), gid);
}

static bool lists(struct field members, const char *user)
{
	while (members.n) {
		const char *comma = memchr(members.text, ',', members.n);
		size_t length = comma ? (size_t)(comma - members.text) : members.n;

		if (is((struct field){ members.text, length }, user))
			return true;
		if (!comma)
			return false;
		members.text = comma + 1;
		members.n -= length + 1;
	}
	return false;
}

const char *account_member(const struct accounts *accounts, const char *user)
{
	const char *at = accounts->group;
	const char *groups = "";
	struct field f[FIELDS];
	uint32_t n;
	uint32_t gid;

	while (*user && next_line(&at, f, &n))
		if (n >= 4 && lists(f[3], user) && number(f[2].text, f[2].n, &gid))
			groups = heap_print("%s%s%u", groups, *groups ? "," : "", gid);
	return groups;
}
