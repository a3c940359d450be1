#include "reap.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

int reap_next(struct reaped *reaped)
{
	siginfo_t info = { 0 };

	while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG) < 0)
		if (errno != EINTR)
			return -1;
	if (!info.si_pid)
		return 0;
	reaped->pid = info.si_pid;
	reaped->by_signal = info.si_code != CLD_EXITED;
	reaped->number = info.si_status;
	return 1;
}
