/*
 * table: the service table, as rcc writes it and PID 1 reads it.
 *
 * One flat file of little-endian 32-bit words and bytes: a header, then areas
 * that it points to by offset.  All text is in one area; text and argument
 * lists are named by their offset in their area, and 0 is "none" (each area
 * begins with an empty entry).  PID 1 never trusts the file: table_check()
 * looks at every offset and index once, and after that all may be followed.
 *
 * What a service is allowed to need of a process (user, limits, environment,
 * ...) is not here: rcc puts PLACE_RCEXEC and its options in front of the
 * command, so that PID 1 knows nothing of it.  The same way everything that has
 * to be waited for outside PID 1 is a command of PLACE_RCWAIT.
 */
#ifndef TINYINIT_TABLE_H
#define TINYINIT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	TABLE_MAGIC = 0x31526974, /* "tiR1" */
	TABLE_VERSION = 1,
	TABLE_SERVICES = 4096,
	TABLE_EDGES = 32768,
	TABLE_BYTES = 4 * 1024 * 1024, /* the largest file */
	TABLE_NAME = 255,              /* the longest name of a service */
	TABLE_NONE = 0xffff,           /* no service */
};

struct table_area {
	uint32_t at; /* bytes from the start of the file, divisible by 4 */
	uint32_t n;  /* entries; of text: bytes */
};

struct table_header {
	uint32_t magic;
	uint32_t version;
	uint32_t size;              /* of the file, bytes */
	uint32_t checksum;          /* table_sum of all that follows this word */
	struct table_area services; /* struct table_service, in byte order of names */
	struct table_area edges;    /* struct table_edge, one run a service */
	struct table_area back;     /* struct table_edge: the same, seen from the other end */
	struct table_area sources;  /* struct table_source */
	struct table_area args;     /* uint32_t: offsets of text; a list ends with 0 */
	struct table_area text;     /* NUL-terminated strings; the last byte is NUL */
};

/*
 * What was read, and how it looked then; stale as soon as it looks otherwise.  Of
 * a folder it is the names in it that count: an initramfs gives every folder its
 * time back when it is unpacked, whatever a further archive has put there.
 */
struct table_source {
	uint32_t path;      /* text */
	uint32_t mode;      /* st_mode; 0: there was no such file */
	uint32_t size_low;  /* of a folder: the sum of table_name_hash of its files */
	uint32_t size_high; /* of a folder: how many files */
	uint32_t mtime_low; /* seconds; of a folder 0, as the next two */
	uint32_t mtime_high;
	uint32_t mtime_ns;
};

enum table_edge_kind {
	TABLE_REQUIRE,  /* from needs to: first up; down if it fails or stops */
	TABLE_WANT,     /* from starts to, and waits until it is up or has failed */
	TABLE_AFTER,    /* order only, where both are to start */
	TABLE_FOLLOW,   /* the same, but no longer than the patience (plain scripts) */
	TABLE_CONFLICT, /* never both */
	N_TABLE_EDGES,
};

struct table_edge {
	uint16_t service; /* an edge: the one needed; a back edge: the one that needs */
	uint16_t kind;
};

enum table_type {
	TABLE_ONESHOT, /* start runs to its end, stop undoes it */
	TABLE_DAEMON,  /* the process started is the service */
	TABLE_FORKING, /* the starter ends, the daemon lives on */
	TABLE_TARGET,  /* a name for a set: no process at all */
	N_TABLE_TYPES,
};

enum table_ready {
	TABLE_READY_EXEC,   /* exec succeeded */
	TABLE_READY_EXIT,   /* the starter ended with 0 (oneshot, forking) */
	TABLE_READY_NOTIFY, /* READY=1 on the sd_notify socket */
	TABLE_READY_FD,     /* a newline on descriptor ready_fd */
	TABLE_READY_PROBE,  /* the command `probe` ends with 0 */
	N_TABLE_READY,
};

enum table_restart {
	TABLE_RESTART_NO,
	TABLE_RESTART_FAILURE,
	TABLE_RESTART_ALWAYS,
	N_TABLE_RESTART,
};

/* What happens past the limit of restarts. */
enum table_then {
	TABLE_THEN_SLOW, /* goes on at restart_max_ms, and says so */
	TABLE_THEN_FAIL,
	TABLE_THEN_REBOOT,
	TABLE_THEN_RESCUE,
	N_TABLE_THEN,
};

enum table_flag {
	TABLE_BAD = 1,      /* `fault` says why; never started */
	TABLE_PLAIN = 2,    /* a script without a header */
	TABLE_NOSTART = 4,  /* only by hand or as a dependency */
	TABLE_CRITICAL = 8, /* its failure is one of the board */
	TABLE_NOTIFY = 16,  /* gets NOTIFY_SOCKET in its environment */
	TABLE_WRAPPED = 32, /* start goes through rcexec: see TABLE_EXIT_FIRST */
	TABLE_FIRSTBOOT = 64,
	TABLE_DISABLED = 128, /* the file is not executable: only by hand */
	TABLE_GROUP = 256,    /* has settings for its cgroup, so it must have one */
};

/*
 * rcexec ends with one of these when it cannot set the process up; the numbers
 * are systemd's (systemd.exec(5), "Process Exit Codes"), where 203 is exec.
 */
enum {
	TABLE_EXIT_FIRST = 200,
	TABLE_EXIT_EXEC = 203,
	TABLE_EXIT_LAST = 243,
};

struct table_service {
	uint32_t name;             /* text, without a number in front: "50-net" is "50-net" */
	uint32_t file;             /* text: the path it came from */
	uint32_t line;             /* of the fault; 0: none in particular */
	uint32_t fault;            /* text: why it is BAD */
	uint32_t describe;         /* text */
	uint32_t start;            /* args; 0 only for a target or a BAD one */
	uint32_t stop;             /* args; 0: stop_signal alone */
	uint32_t reload;           /* args; 0: reload_signal */
	uint32_t wait;             /* args: has to end with 0 before the start; 0: nothing */
	uint32_t probe;            /* args: runs beside the start, see TABLE_READY_PROBE; of a
				      FORKING one it also tells MAINPID; 0: none */
	uint32_t tty;              /* text: a terminal below /dev, or none */
	uint32_t start_timeout_ms; /* 0: never */
	uint32_t stop_timeout_ms;
	uint32_t watchdog_ms;    /* 0: no pings asked for */
	uint32_t restart_min_ms; /* the first back-off */
	uint32_t restart_max_ms; /* the longest */
	uint32_t restart_limit;  /* starts in restart_window_ms; 0: no limit */
	uint32_t restart_window_ms;
	uint32_t edges; /* the first of n_edges in `edges` */
	uint32_t n_edges;
	uint32_t back; /* the first of n_back in `back` */
	uint32_t n_back;
	uint32_t hash; /* of all that a running service was started with */
	uint8_t type;
	uint8_t ready;
	uint8_t restart;
	uint8_t then;
	uint8_t stop_signal;   /* Linux's numbers, 1 to 64 */
	uint8_t reload_signal; /* 0: none */
	uint8_t ready_fd;      /* 3 to 255; with READY_EXEC and not 0: rcexec closes it
				  by becoming the program, and that is the exec meant */
	uint8_t spare;
	uint32_t flags;
};

enum table_error {
	TABLE_SOUND,
	TABLE_SHORT,   /* no room for a header, or cut off */
	TABLE_NOT_ONE, /* another magic */
	TABLE_OTHER,   /* another version */
	TABLE_SUM,     /* the checksum differs */
	TABLE_BROKEN,  /* an offset, index or value out of range */
};

/* A table that has been checked; the memory belongs to the caller. */
struct table {
	const struct table_header *header; /* NULL: none */
	const struct table_service *services;
	const struct table_edge *edges;
	const struct table_edge *back;
	const struct table_source *sources;
	const uint32_t *args;
	const char *text;
	uint32_t n; /* services */
};

/* FNV-1a over the bytes of a name. */
uint32_t table_name_hash(const char *name);

/* FNV-1a over 32-bit words; bytes is divisible by 4. */
uint32_t table_sum(const void *data, size_t bytes);

/*
 * Check `size` bytes at `data` (aligned to 4) and, when sound, fill *t.  After
 * that every function below is safe for every index below its n.
 */
enum table_error table_check(struct table *t, const void *data, size_t size);

static inline const char *table_text(const struct table *t, uint32_t at)
{
	return t->text + at;
}

static inline const char *table_name(const struct table *t, uint32_t service)
{
	return t->text + t->services[service].name;
}

/*
 * Copy the argument list at `at` into argv, NULL at its end; returns how many,
 * at most cap - 1.
 */
uint32_t table_argv(const struct table *t, uint32_t at, const char **argv, uint32_t cap);

enum {
	TABLE_ARGS = 128, /* the longest argument list, its end included */
};

/* The index of a name (binary search), or TABLE_NONE. */
uint32_t table_find(const struct table *t, const char *name);

/* "cut off", "checksum differs": for a message. */
const char *table_error_text(enum table_error error);

#endif
