/*
 * firstboot: run something once in the life of a board.
 *
 * A mark file says that it was done.  The mark is made, and made durable, only
 * after the command has ended with 0: power cut before that means once more.
 */
#ifndef TINYINIT_FIRSTBOOT_H
#define TINYINIT_FIRSTBOOT_H

enum {
	FIRSTBOOT_EXIT_MARK = 238, /* the mark can be neither seen nor made */
};

/* 1: the mark is there; 0: it is not; -1 and errno */
int firstboot_done(const char *mark);

/*
 * Fork.  Returns in the child, which goes on to become the command.  The parent
 * passes on what signals it gets from processes, waits, leaves the mark, and
 * ends with the child's status (128 and the signal, if it was killed).
 */
void firstboot_fork(const char *name, const char *mark);

#endif
