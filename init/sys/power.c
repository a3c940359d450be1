#include "power.h"

#include "files.h"

#include <errno.h>
#include <signal.h>
#include <sys/reboot.h>
#include <unistd.h>

void power_signal_all(bool kill_them)
{
	/* kill(2): -1 means every process but PID 1 and the caller. */
	if (kill_them) {
		(void)kill(-1, SIGKILL);
		return;
	}
	(void)kill(-1, SIGTERM);
	(void)kill(-1, SIGCONT);
}

int power_reboot(enum power_cmd cmd)
{
	static const unsigned how[] = {
		[POWER_CMD_REBOOT] = RB_AUTOBOOT,
		[POWER_CMD_HALT] = RB_HALT_SYSTEM,
		[POWER_CMD_OFF] = RB_POWER_OFF,
	};

	return reboot((int)how[cmd]) < 0 ? -errno : 0;
}

/* Documentation/admin-guide/sysrq.rst */
void power_emergency_sync(void)
{
	(void)file_write("/proc/sysrq-trigger", "s");
	(void)file_write("/proc/sysrq-trigger", "u");
}

void power_emergency_reset(enum power_cmd cmd)
{
	/* SysRq has no halt, and a board that is to stand must not begin anew. */
	if (cmd == POWER_CMD_HALT)
		return;
	(void)file_write("/proc/sysrq-trigger", cmd == POWER_CMD_OFF ? "o" : "b");
}
