/*
 * place: the paths that PID 1, its compiler and its tools agree upon.
 */
#ifndef TINYINIT_PLACE_H
#define TINYINIT_PLACE_H

#define PLACE_SCRIPTS "/etc/rc.d"
#define PLACE_TABLE "/etc/tinyinit/table" /* compiled with the image */
#define PLACE_RUN "/run/tinyinit"
#define PLACE_RUN_TABLE PLACE_RUN "/table"            /* compiled on the device */
#define PLACE_NOTIFY PLACE_RUN "/notify"              /* the sd_notify socket */
#define PLACE_STATE "tinyinit"                        /* memfd below /proc/1/fd */
#define PLACE_GROUPS "/sys/fs/cgroup/rc"              /* a folder a service below it */
#define PLACE_FIRSTBOOT "/var/lib/tinyinit/firstboot" /* a mark a service */
#define PLACE_RCC "/sbin/rcc"
#define PLACE_RCEXEC "/sbin/rcexec"
#define PLACE_RCWAIT "/sbin/rcwait"

#endif
