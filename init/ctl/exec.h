/*
 * exec: `rcexec -n NAME OPTIONS -- COMMAND ARGS...`, what stands between PID 1
 * and a service that needs more than a plain process.
 *
 *   -n NAME          the service, for messages and its cgroup; always first
 *   -u UID -g GID    -G GID,GID,... supplementary groups, "" for none
 *   -m UMASK         octal
 *   -d FOLDER        working folder, below -r
 *   -r FOLDER        root
 *   -e NAME=VALUE    environment; -E FILE the same from a file (environ.h), with
 *                    a leading - of one that may be missing; later wins
 *   -N NICE -s POLICY[:PRIO] -i CLASS[:LEVEL] -o OOMSCORE -l RESOURCE=SOFT[:HARD]
 *                    see bounds.h
 *   -c FILE=VALUE    a setting of the cgroup
 *   -C MASK          capabilities that are kept, hexadecimal
 *   -P               no new privileges
 *   -w USEC          WATCHDOG_USEC and WATCHDOG_PID
 *   -x FD            a descriptor that is closed by the command's execution, and
 *                    gets a line when it does not come to that
 *   -1 MARK          once in the board's life: see firstboot.h
 *
 * -u goes with -g, and without -G there are no supplementary groups then.
 * Descriptors and the state of signals are passed on as they are.
 *
 * Either all of it is done and the command runs, or one line says what was not,
 * the exit status is systemd's for that step (systemd.exec(5), "Process Exit
 * Codes"), and nothing has run.
 */
#ifndef TINYINIT_EXEC_H
#define TINYINIT_EXEC_H

enum exec_exit {
	EXEC_EXIT_CHDIR = 200,
	EXEC_EXIT_NICE = 201,
	EXEC_EXIT_ENVIRON = 202, /* systemd: FDS */
	EXEC_EXIT_EXEC = 203,
	EXEC_EXIT_LIMITS = 205,
	EXEC_EXIT_OOM = 206,
	EXEC_EXIT_CHROOT = 210,
	EXEC_EXIT_DISK = 211,
	EXEC_EXIT_POLICY = 214,
	EXEC_EXIT_GROUP = 216,
	EXEC_EXIT_USER = 217,
	EXEC_EXIT_CAPS = 218,
	EXEC_EXIT_CGROUP = 219,
	EXEC_EXIT_USAGE = 222,
	EXEC_EXIT_NO_NEW_PRIVS = 227,
};

/* argv[0] is the program's name.  Does not return. */
_Noreturn void exec_main(char **argv);

#endif
