/*
 * stdio_fds: descriptors 0 to 2, which every child of PID 1 inherits.
 *
 * They are always open: the kernel closes none but also opens none when it has
 * no console (Documentation/admin-guide/init.rst), and the next file opened
 * would then become some script's standard output.
 */
#ifndef TINYINIT_STDIO_FDS_H
#define TINYINIT_STDIO_FDS_H

/* Make 0 to 2 valid with whatever there is, if they are not. */
void stdio_fds_fill(void);

/*
 * 0 from /dev/null, 1 and 2 to /dev/console; what cannot be opened leaves the
 * old one.  0, or -errno of the console (1 and 2 then go to /dev/null).
 */
int stdio_fds_attach(void);

#endif
