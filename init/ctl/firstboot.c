#include "firstboot.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tool.h"

static const int passed_on[] = { SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM };

int firstboot_done(const char *mark)
{
	struct stat st;

	if (lstat(mark, &st) == 0)
		return 1;
	return errno == ENOENT ? 0 : -1;
}

static int sync_path(const char *path, int flags)
{
	int err = 0;
	int fd = open(path, flags | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW, 0644);

	if (fd < 0)
		return -1;
	/* EINVAL: a file system that has nothing to make durable. */
	if (fsync(fd) < 0 && errno != EINVAL)
		err = errno;
	close(fd);
	errno = err;
	return err ? -1 : 0;
}

/* Of the folder that path is in, which may itself be a symbolic link. */
static int sync_folder_of(char *path)
{
	char *name = strrchr(path, '/') + 1;
	char kept = *name;
	int got;

	*name = '\0';
	got = sync_path(path, O_RDONLY | O_DIRECTORY);
	*name = kept;
	return got;
}

static int make_mark(const char *mark)
{
	char *path = tool_join(mark);

	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0755) == 0) {
			if (sync_folder_of(path) < 0)
				return -1;
		} else if (errno != EEXIST) {
			return -1;
		}
		*slash = '/';
	}
	if (sync_path(path, O_WRONLY | O_CREAT) < 0)
		return -1;
	return sync_folder_of(path);
}

/* Signals of a terminal reach the child by themselves. */
static bool is_sent(const siginfo_t *info)
{
	return info->si_code == SI_USER || info->si_code == SI_QUEUE || info->si_code == SI_TKILL;
}

static int wait_for(pid_t child, const sigset_t *waited)
{
	int status;

	for (;;) {
		siginfo_t info;

		if (waitpid(child, &status, WNOHANG) == child)
			return status;
		if (sigwaitinfo(waited, &info) > 0 && info.si_signo != SIGCHLD && is_sent(&info))
			kill(child, info.si_signo);
	}
}

void firstboot_fork(const char *name, const char *mark)
{
	struct sigaction fresh = { .sa_handler = SIG_DFL }, kept;
	sigset_t waited, mask;
	pid_t child;
	int status;

	sigemptyset(&waited);
	sigaddset(&waited, SIGCHLD);
	for (size_t i = 0; i < sizeof(passed_on) / sizeof(*passed_on); i++)
		sigaddset(&waited, passed_on[i]);
	/* With SIGCHLD ignored there would be nothing to wait for. */
	sigaction(SIGCHLD, &fresh, &kept);
	sigprocmask(SIG_BLOCK, &waited, &mask);
	child = fork();
	if (child < 0) {
		say(name, "fork: ", strerror(errno));
		_exit(TOOL_FAILED);
	}
	if (child == 0) {
		sigaction(SIGCHLD, &kept, NULL);
		sigprocmask(SIG_SETMASK, &mask, NULL);
		return;
	}
	status = wait_for(child, &waited);
	if (WIFSIGNALED(status))
		_exit(128 + WTERMSIG(status));
	if (WEXITSTATUS(status) == 0 && make_mark(mark) < 0) {
		say(name, "mark ", mark, ": ", strerror(errno));
		_exit(FIRSTBOOT_EXIT_MARK);
	}
	_exit(WEXITSTATUS(status));
}
