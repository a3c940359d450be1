/*
 * walk: which folders decide whether a path exists, and inotify watches on them.
 */
#ifndef TINYINIT_WALK_H
#define TINYINIT_WALK_H

#include <stdbool.h>

/*
 * Go along the absolute path as far as there is one, and watch with the inotify
 * descriptor the folder where it ends, for something new; each folder before it,
 * for being moved away; the folder of each symbolic link, for its exchange.
 * What appears between the look and the watch is not lost: it looks again behind
 * the watch.  With `content` also for changes of the file at the end.
 *
 * 0, or -1 and errno: a folder could not be watched.
 */
int walk_watch(int fd, const char *path, bool content);

#endif
