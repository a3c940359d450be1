#include "system.h"

#include "files.h"

#include <errno.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <unistd.h>

/* PROC_PID_INIT_INO of the kernel's include/linux/proc_ns.h. */
static const ino_t initial_pid_namespace = 0xEFFFFFFC;

bool system_is_machine(void)
{
	struct stat st;

	/* No /proc, or a kernel without namespaces: then there is only one. */
	if (stat("/proc/self/ns/pid", &st) < 0)
		return true;
	return st.st_ino == initial_pid_namespace;
}

int system_set_hostname(void)
{
	char name[65]; /* __NEW_UTS_LEN is 64 */
	int n = file_read("/etc/hostname", name, sizeof(name));

	if (n < 0)
		return n;
	name[strcspn(name, " \t\r\n")] = '\0';
	if (!name[0])
		return -EINVAL;
	return sethostname(name, strlen(name)) < 0 ? -errno : 0;
}

void system_catch_ctrl_alt_del(void)
{
	(void)reboot(RB_DISABLE_CAD);
}
