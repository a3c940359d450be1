#include "caps.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tool.h"

enum {
	MAX_GROUPS = 64,
};

int caps_groups(const char *word, bool dry)
{
	gid_t gids[MAX_GROUPS];
	size_t n = 0;

	errno = 0;
	while (*word) {
		size_t len = strcspn(word, ",");
		char digits[12];
		uint64_t gid;

		if (len >= sizeof(digits) || n == MAX_GROUPS)
			return -1;
		memcpy(digits, word, len);
		digits[len] = '\0';
		if (!tool_number(digits, 10, UINT32_MAX - 1, &gid))
			return -1;
		gids[n++] = (gid_t)gid;
		word += len;
		if (*word && !*++word)
			return -1;
	}
	return dry ? 0 : setgroups(n, gids);
}

int caps_bound(const struct caps *caps)
{
	for (unsigned cap = 0; caps->given && cap < 64; cap++) {
		int there = prctl(PR_CAPBSET_READ, cap, 0, 0, 0);
		bool kept = caps->mask >> cap & 1;

		/* Below 0 is a capability that this kernel does not know. */
		if (there <= 0 && kept) {
			errno = there < 0 ? EINVAL : EPERM;
			return -1;
		}
		if (there > 0 && !kept && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
			return -1;
	}
	return 0;
}

int caps_prepare(const struct caps *caps, uint32_t uid)
{
	if (!caps->given || !caps->mask || !uid)
		return 0;
	return prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
}

int caps_user(uint32_t uid)
{
	uid_t real, effective, saved;

	if (setresuid(uid, uid, uid) < 0 || getresuid(&real, &effective, &saved) < 0)
		return -1;
	errno = EPERM;
	return real == uid && effective == uid && saved == uid ? 0 : -1;
}

int caps_keep(const struct caps *caps, uint32_t uid)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (!caps->given)
		return 0;
	for (int i = 0; i < 2; i++) {
		uint32_t half = (uint32_t)(caps->mask >> 32 * i);

		data[i].permitted = data[i].effective = data[i].inheritable = half;
	}
	/* A kernel without ambient capabilities (before 4.3) cannot keep any. */
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 && caps->mask && uid)
		return -1;
	if (syscall(SYS_capset, &header, data) < 0)
		return -1;
	for (unsigned long cap = 0; uid && cap < 64; cap++)
		if (caps->mask >> cap & 1 &&
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0)
			return -1;
	return 0;
}
