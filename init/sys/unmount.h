/*
 * unmount: leave every file system clean.
 *
 * For a helper process, never for PID 1 itself: each of these calls may hang on
 * a dead device or server.
 */
#ifndef TINYINIT_UNMOUNT_H
#define TINYINIT_UNMOUNT_H

/* Turn off every swap area that /proc/swaps names. */
void unmount_swap(void);

/*
 * Unmount all that holds data, the newest mount first; what is busy is made
 * read-only; the root too.  report(ctx, path, errno) names each file system
 * that could be left neither unmounted nor read-only.
 */
void unmount_all(void (*report)(void *ctx, const char *path, int err), void *ctx);

#endif
