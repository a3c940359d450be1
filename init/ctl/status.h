/*
 * status: how the services are, as PID 1 has it.
 *
 * PID 1 is not asked and does not wait: its state lies in memory that root may
 * read (PLACE_STATE), and the names in the table that it was made from.
 */
#ifndef TINYINIT_CTL_STATUS_H
#define TINYINIT_CTL_STATUS_H

/*
 * Print all services as a table, or more of the one called `name`.  The exit
 * status: 0, of one service only when it is up; 3: that one is not up; 4: there
 * is no such service; TOOL_FAILED: PID 1's state cannot be read.
 */
int status_print(const char *name);

#endif
