#include "signals.h"

#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const int wanted[] = {
	SIGCHLD, SIGTERM, SIGINT, SIGUSR1, SIGUSR2, SIGPWR, SIGHUP,
};

enum {
	N_WANTED = sizeof(wanted) / sizeof(wanted[0])
};

/* Written by the handler, which runs only inside signals_wait. */
static struct {
	volatile sig_atomic_t came;
	volatile sig_atomic_t pid;
	volatile sig_atomic_t uid;
} notes[N_WANTED];

/* Only a signal that a process sent has a sender, and one outside has no pid here. */
static int sender(const siginfo_t *info)
{
	if (info->si_code > 0)
		return 0;
	return info->si_pid ? info->si_pid : -1;
}

static void note(int signal, siginfo_t *info, void *context)
{
	(void)context;
	for (int i = 0; i < N_WANTED; i++) {
		if (wanted[i] != signal)
			continue;
		notes[i].pid = sender(info);
		notes[i].uid = info->si_code <= 0 ? (int)info->si_uid : 0;
		notes[i].came = 1;
	}
}

static void set_all(void (*handler)(int, siginfo_t *, void *))
{
	struct sigaction wish = { 0 };

	wish.sa_flags = SA_SIGINFO | SA_RESTART;
	wish.sa_sigaction = handler;
	if (!handler) {
		wish.sa_flags = 0;
		wish.sa_handler = SIG_DFL;
	}
	for (int i = 0; i < N_WANTED; i++)
		(void)sigaction(wanted[i], &wish, NULL);
}

void signals_init(void)
{
	/* As the kernel lays it out, all 0: default action, no flags, no mask. */
	static const unsigned long plain[16];
	sigset_t mask;

	/* Not sigaction(3), which keeps the C library's own signals from us. */
	for (int i = 1; i < _NSIG; i++)
		(void)syscall(SYS_rt_sigaction, i, plain, NULL, _NSIG / 8);
	set_all(note);
	(void)sigemptyset(&mask);
	for (int i = 0; i < N_WANTED; i++)
		(void)sigaddset(&mask, wanted[i]);
	(void)sigprocmask(SIG_SETMASK, &mask, NULL);
}

void signals_reset(void)
{
	sigset_t none;

	set_all(NULL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

void signals_wait(int fd, int64_t timeout_ms)
{
	struct pollfd wanted_fd = { .fd = fd, .events = POLLIN };
	struct timespec limit;
	sigset_t none;

	limit.tv_sec = (time_t)(timeout_ms / 1000);
	limit.tv_nsec = (long)(timeout_ms % 1000) * 1000000;
	(void)sigemptyset(&none);
	(void)ppoll(&wanted_fd, 1, timeout_ms < 0 ? NULL : &limit, &none);
}

int signals_take(struct signal_note *out)
{
	for (int i = 0; i < N_WANTED; i++) {
		if (!notes[i].came)
			continue;
		notes[i].came = 0;
		if (wanted[i] == SIGCHLD)
			continue;
		out->signal = wanted[i];
		out->pid = notes[i].pid;
		out->uid = (uint32_t)notes[i].uid;
		return 1;
	}
	return 0;
}
