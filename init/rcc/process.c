/* The keys of key.h that are about how the process of a service is set up. */
#include "heap.h"
#include "key.h"
#include "value.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

/* "NAME" or "NAME:GROUP"; either may be a number. */
void process_user(struct line *line)
{
	struct process *process = &line->script->process;
	const char *word = key_word(line);
	const char *colon = word ? strchr(word, ':') : NULL;
	struct account account;
	const char *name;

	if (!word)
		return;
	name = colon ? heap_copy(word, (size_t)(colon - word)) : word;
	if (!account_user(line->accounts, name, &account)) {
		key_error(line, word, "user \"%s\" does not exist in /etc/passwd", name);
		return;
	}
	if (colon && !account_group(line->accounts, colon + 1, &account.gid)) {
		key_error(line, colon + 1, "group \"%s\" does not exist in /etc/group", colon + 1);
		return;
	}
	if (!colon && !account.known) {
		key_error(line, word,
			  "user %s is not in /etc/passwd, so it needs a group: %s:GROUP", name,
			  name);
		return;
	}
	process->uid = heap_print("%u", account.uid);
	process->gid = heap_print("%u", account.gid);
	if (!process->groups)
		process->groups = account_member(line->accounts, account.name);
}

void process_groups(struct line *line)
{
	const char *groups = "";
	struct words list = { NULL, 0 };
	uint32_t gid;

	key_words(line, &list);
	if (list.n == 1 && strcmp(list.at[0].text, "none") == 0)
		list.n = 0;
	if (list.n > 64)
		key_error(line, line->value, "more than 64 groups");
	for (uint32_t i = 0; i < list.n; i++) {
		if (!account_group(line->accounts, list.at[i].text, &gid)) {
			key_error(line, key_at(line, &list.at[i]),
				  "group \"%s\" does not exist in /etc/group", list.at[i].text);
			return;
		}
		groups = heap_print("%s%s%u", groups, i ? "," : "", gid);
	}
	line->script->process.groups = groups;
}

void process_umask(struct line *line)
{
	const char *word = key_word(line);
	size_t n = word ? strspn(word, "01234567") : 0;

	if (word && (word[n] || n < 1 || n > 4 || (n == 4 && word[0] != '0')))
		key_error(line, word, "\"%s\" is not a umask from 0 to 0777", word);
	line->script->process.umask = word;
}

void process_chdir(struct line *line)
{
	line->script->process.chdir = key_path(line);
}

void process_chroot(struct line *line)
{
	line->script->process.chroot = key_path(line);
}

void process_env(struct line *line)
{
	struct words *list = &line->script->process.env;
	uint32_t i = list->n;

	key_quoted(line, list);
	for (; i < list->n; i++) {
		const char *text = list->at[i].text;
		size_t n = 0;

		while (isalnum((unsigned char)text[n]) || text[n] == '_')
			n++;
		if (text[n] != '=' || n == 0 || isdigit((unsigned char)text[0]))
			key_error(line, key_at(line, &list->at[i]), "\"%s\" is not NAME=VALUE",
				  text);
	}
}

void process_env_file(struct line *line)
{
	struct words *list = &line->script->process.env_file;
	uint32_t i = list->n;

	key_words(line, list);
	for (; i < list->n; i++)
		if (list->at[i].text[list->at[i].text[0] == '-'] != '/')
			key_error(line, key_at(line, &list->at[i]),
				  "\"%s\" is not an absolute path, nor one behind a \"-\"",
				  list->at[i].text);
}

static const char *number(struct line *line, const char *what, int64_t min, int64_t max)
{
	const char *word = key_word(line);
	int64_t value;

	if (!word)
		return NULL;
	if (!value_signed(word, min, max, &value)) {
		key_error(line, word, "\"%s\" is not %s from %" PRId64 " to %" PRId64, word, what,
			  min, max);
		return NULL;
	}
	return heap_print("%" PRId64, value);
}

void process_nice(struct line *line)
{
	line->script->process.nice = number(line, "a nice value", -20, 19);
}

void process_oom_score(struct line *line)
{
	line->script->process.oom_score = number(line, "an OOM score", -1000, 1000);
}

void process_sched(struct line *line)
{
	static const char *const known[] = { "other", "batch", "idle", "fifo:N", "rr:N", NULL };
	const char *word = key_word(line);
	const char *colon = word ? strchr(word, ':') : NULL;
	uint64_t priority;

	if (!word)
		return;
	line->script->process.sched = word;
	if (strcmp(word, "other") == 0 || strcmp(word, "batch") == 0 || strcmp(word, "idle") == 0)
		return;
	if (strncmp(word, "fifo:", 5) == 0 || strncmp(word, "rr:", 3) == 0) {
		if (!value_number(colon + 1, 99, &priority) || priority == 0)
			key_error(line, colon + 1, "\"%s\" is not a priority from 1 to 99",
				  colon + 1);
		return;
	}
	key_unknown(line, word, "policy of scheduling", word, known);
}

/* Classes by their number for ioprio_set(2). */
void process_ionice(struct line *line)
{
	static const char *const known[] = { "realtime", "best-effort", "idle", NULL };
	const char *word = key_word(line);
	size_t n = word ? strcspn(word, ":") : 0;
	uint64_t level = 4;
	int class = 0;

	if (!word)
		return;
	while (known[class] && (strlen(known[class]) != n || strncmp(word, known[class], n) != 0))
		class ++;
	if (!known[class]) {
		key_unknown(line, word, "class of I/O", word, known);
		return;
	}
	if (word[n] && (class == 2 || !value_number(word + n + 1, 7, &level))) {
		key_error(line, word + n,
			  class == 2 ? "\"%s\": idle has no levels"
				     : "\"%s\" is no level from 0 to 7",
			  word + n + 1);
		return;
	}
	line->script->process.ionice = class == 2 ? "3"
				       : word[n]  ? heap_print("%d:%u", class + 1, (unsigned)level)
						  : heap_print("%d", class + 1);
}

/* In the order of the kernel's numbers (include/uapi/asm-generic/resource.h). */
static const char *const limits[] = { "cpu",    "fsize",      "data",     "stack",   "core",
				      "rss",    "nproc",      "nofile",   "memlock", "as",
				      "locks",  "sigpending", "msgqueue", "nice",    "rtprio",
				      "rttime", "memory",     NULL };

static bool limit_value(const char *text, const char **out, uint64_t *value)
{
	*value = UINT64_MAX;
	*out = "unlimited";
	if (strcmp(text, "unlimited") == 0)
		return true;
	if (!value_size(text, value))
		return false;
	*out = heap_print("%" PRIu64, *value);
	return true;
}

static void limit(struct line *line, const struct word *word)
{
	const char *equals = strchr(word->text, '=');
	const char *colon = equals ? strchr(equals, ':') : NULL;
	const char *name = equals ? heap_copy(word->text, (size_t)(equals - word->text)) : NULL;
	const char *text[2];
	uint64_t value[2];
	int i = 0;

	if (!equals) {
		key_error(line, key_at(line, word), "\"%s\" is not NAME=SOFT[:HARD]", word->text);
		return;
	}
	while (limits[i] && strcmp(limits[i], name) != 0)
		i++;
	if (!limits[i]) {
		key_unknown(line, key_at(line, word), "limit", name, limits);
		return;
	}
	if (strcmp(name, "memory") == 0)
		i = 9; /* of the address space: what malloc feels */
	if (!limit_value(colon ? heap_copy(equals + 1, (size_t)(colon - equals - 1)) : equals + 1,
			 &text[0], &value[0]) ||
	    (colon && !limit_value(colon + 1, &text[1], &value[1]))) {
		key_error(line, key_at(line, word) + (equals + 1 - word->text),
			  "\"%s\" is not SOFT[:HARD], each a number, 4K, 32M, 1G or unlimited",
			  equals + 1);
		return;
	}
	if (colon && value[0] > value[1]) {
		key_error(line, key_at(line, word) + (equals + 1 - word->text),
			  "the soft limit is above the hard one");
		return;
	}
	words_add(&line->script->process.limit,
		  colon ? heap_print("%d=%s:%s", i, text[0], text[1])
			: heap_print("%d=%s", i, text[0]),
		  word->line, word->column);
}

void process_limit(struct line *line)
{
	struct words list = { NULL, 0 };

	key_words(line, &list);
	for (uint32_t i = 0; i < list.n; i++)
		limit(line, &list.at[i]);
}

/* In the order of the kernel's numbers (include/uapi/linux/capability.h). */
static const char *const capabilities[] = {
	"chown",
	"dac_override",
	"dac_read_search",
	"fowner",
	"fsetid",
	"kill",
	"setgid",
	"setuid",
	"setpcap",
	"linux_immutable",
	"net_bind_service",
	"net_broadcast",
	"net_admin",
	"net_raw",
	"ipc_lock",
	"ipc_owner",
	"sys_module",
	"sys_rawio",
	"sys_chroot",
	"sys_ptrace",
	"sys_pacct",
	"sys_admin",
	"sys_boot",
	"sys_nice",
	"sys_resource",
	"sys_time",
	"sys_tty_config",
	"mknod",
	"lease",
	"audit_write",
	"audit_control",
	"setfcap",
	"mac_override",
	"mac_admin",
	"syslog",
	"wake_alarm",
	"block_suspend",
	"audit_read",
	"perfmon",
	"bpf",
	"checkpoint_restore",
	NULL,
};

void process_caps(struct line *line)
{
	struct words list = { NULL, 0 };
	uint64_t mask = 0;

	key_words(line, &list);
	for (uint32_t i = 0; i < list.n; i++) {
		char *name = heap_copy(list.at[i].text, strlen(list.at[i].text));
		unsigned bit = 0;

		if (list.n == 1 && strcmp(name, "none") == 0)
			break;
		for (char *c = name; *c; c++)
			*c = *c == '-' ? '_' : (char)tolower((unsigned char)*c);
		if (strncmp(name, "cap_", 4) == 0)
			name += 4;
		while (capabilities[bit] && strcmp(capabilities[bit], name) != 0)
			bit++;
		if (!capabilities[bit]) {
			key_unknown(line, key_at(line, &list.at[i]), "capability", name,
				    capabilities);
			return;
		}
		mask |= 1ull << bit;
	}
	line->script->process.caps = heap_print("%" PRIx64, mask);
}

void process_no_new_privs(struct line *line)
{
	const char *word = key_word(line);

	if (!word)
		return;
	line->script->process.no_new_privs = strcmp(word, "yes") == 0;
	if (strcmp(word, "yes") != 0 && strcmp(word, "no") != 0)
		key_error(line, word, "\"%s\" is neither yes nor no", word);
}

void process_tty(struct line *line)
{
	const char *word = key_word(line);

	if (!word)
		return;
	if (strncmp(word, "/dev/", 5) == 0)
		word += 5;
	if (word[0] == '\0' || word[0] == '/' || strstr(word, "..") || strlen(word) > 63)
		key_error(line, line->value, "\"%s\" is not a terminal below /dev", line->value);
	line->script->tty = word;
}

/* What PID 1 itself writes in a service's group: no setting of the service. */
static bool cgroup_ours(const char *name)
{
	return strncmp(name, "cgroup.", 7) == 0 && strncmp(name, "cgroup.max.", 11) != 0;
}

void process_cgroup(struct line *line)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_.";
	struct words *list = &line->script->process.cgroup;
	uint32_t i = list->n;

	key_quoted(line, list);
	for (; i < list->n; i++) {
		const char *text = list->at[i].text;
		size_t n = strspn(text, allowed);
		const char *at = key_at(line, &list->at[i]);

		if (text[n] != '=' || text[n + 1] == '\0' || !memchr(text, '.', n) ||
		    text[0] == '.')
			key_error(line, at, "\"%s\" is not FILE=VALUE, as in memory.max=32M", text);
		else if (cgroup_ours(text))
			key_error(line, at, "\"%.*s\" is tinyinit's own", (int)n, text);
	}
	if (list->n)
		line->script->row.flags |= TABLE_GROUP;
}
