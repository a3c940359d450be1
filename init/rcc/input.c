#include "input.h"

#include "command.h"
#include "header.h"
#include "heap.h"
#include "key.h"
#include "place.h"
#include "report.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A file that may be a script. */
struct entry {
	const char *name;
	const char *path; /* on the device */
	const char *host; /* as it was found; links are still to be followed */
	const char *shown;
	uint32_t folder; /* the later one covers the earlier */
	bool in_root;
};

struct entries {
	struct entry *at;
	uint32_t n;
};

static bool ends_in(const char *name, size_t len, const char *end)
{
	size_t n = strlen(end);

	return len > n && memcmp(name + len - n, end, n) == 0;
}

bool input_wanted(const char *name)
{
	static const char *const ends[] = {
		"~",         ".bak",       ".orig",    ".rej",    ".swp",     ".dpkg-old",
		".dpkg-new", ".dpkg-dist", ".rpmsave", ".rpmnew", ".ipk-old", ".md",
	};
	size_t len = strlen(name);

	if (len == 0 || name[0] == '.' || name[0] == '#' || strncmp(name, "README", 6) == 0)
		return false;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (ends_in(name, len, ends[i]))
			return false;
	return true;
}

/* The device's path of a folder, or NULL when it is not below the root. */
static const char *device_path(const char *root, const char *dir)
{
	size_t n = strlen(root);

	if (n == 0)
		return dir[0] == '/' ? dir : NULL;
	if (strncmp(dir, root, n) == 0 && dir[n] == '/')
		return dir + n;
	return NULL;
}

static void list_folder(struct input *input, struct entries *entries, const char *dir,
			const char *shown, uint32_t number)
{
	const char *device = device_path(input->sources.root, dir);
	const char *path = device ? device : PLACE_SCRIPTS;
	const char *host = device ? source_host(input->sources.root, device) : dir;
	DIR *folder = host ? opendir(host) : NULL;
	const struct dirent *one;

	source_note(&input->sources, path, host, NULL);
	if (!folder) {
		report_line(REPORT_ERROR, shown, 0, 0, strerror(errno));
		return;
	}
	while ((one = readdir(folder))) {
		const char *name = heap_copy(one->d_name, strlen(one->d_name));

		if (!input_wanted(name))
			continue;
		entries->at = heap_grow(entries->at, entries->n, sizeof(*entries->at));
		entries->at[entries->n++] = (struct entry){
			.name = name,
			.path = heap_print("%s/%s", path, name),
			.host = heap_print("%s/%s", host, name),
			.shown = heap_print("%s/%s", shown, name),
			.folder = number,
			.in_root = device != NULL,
		};
	}
	(void)closedir(folder);
}

static int compare(const void *a, const void *b)
{
	const struct entry *x = a;
	const struct entry *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : (x->folder > y->folder) - (x->folder < y->folder);
}

/* A script of this file, with what it may know before its text is parsed. */
static struct script *begin(const struct script *file, const char *name, const char *instance)
{
	struct script *script = script_new(name, file->path, file->shown, file->host);

	script->instance = instance;
	script->data = file->data;
	script->size = file->size;
	script->row.flags = file->row.flags;
	return script;
}

static void parse(struct input *input, struct script *script)
{
	header_read(script, &input->accounts);
	if (!script->fault)
		command_make(script);
}

/* Instances whose name a table can hold. */
static bool instance_good(const struct script *template, const char *instance)
{
	return !strchr(instance, '/') && strlen(template->name) + strlen(instance) <= TABLE_NAME;
}

static struct script *instance_read(struct input *input, const struct script *file,
				    const char *instance)
{
	struct script *script = begin(file, heap_print("%s%s", file->name, instance), instance);

	parse(input, script);
	scripts_add(&input->scripts, script);
	return script;
}

static void template_read(struct input *input, const struct script *file)
{
	struct script *template = begin(file, file->name, NULL);
	uint32_t rows = 0;

	template->scan = true;
	header_read(template, &input->accounts);
	if (!template->fault)
		scripts_add(&input->templates, template);
	for (uint32_t i = 0; i < template->instances.n; i++) {
		const char *instance = template->instances.at[i].text;
		struct script *script;

		if (!instance_good(template, instance))
			continue;
		script = instance_read(input, file, instance);
		/* Who needs the template needs all of its instances. */
		words_add(&script->provide, file->name, 0, 0);
		if (script->brief)
			words_add(&script->provide,
				  heap_copy(script->brief, strcspn(script->brief, "@") + 1), 0, 0);
		rows++;
	}
	if (rows)
		return;
	if (template->fault)
		scripts_add(&input->scripts, template);
	else
		parse(input, begin(file, file->name, "1")); /* for its errors alone */
}

static bool known(const struct input *input, const char *name)
{
	for (uint32_t i = 0; i < input->scripts.n; i++) {
		const struct script *script = input->scripts.at[i];

		if (strcmp(script->name, name) == 0 ||
		    (script->brief && strcmp(script->brief, name) == 0))
			return true;
	}
	return false;
}

/* "getty@ttyS1", of "getty@" or "50-getty@", where that instance is none yet. */
static void instance_needed(struct input *input, const char *name)
{
	size_t head = strcspn(name, "@") + 1;
	const char *instance = name + head;

	if (!name[head - 1] || !*instance || instance[strspn(instance, key_instance)] ||
	    known(input, name))
		return;
	for (uint32_t i = 0; i < input->templates.n; i++) {
		const struct script *template = input->templates.at[i];
		const char *brief = template->brief ? template->brief : template->name;

		if (!instance_good(template, instance) ||
		    ((strncmp(template->name, name, head) != 0 || template->name[head]) &&
		     (strncmp(brief, name, head) != 0 || brief[head])))
			continue;
		instance_read(input, template, instance)->row.flags |= TABLE_NOSTART;
		return;
	}
}

void input_instances(struct input *input)
{
	static const uint8_t kinds[] = { TABLE_REQUIRE, TABLE_WANT };

	for (uint32_t i = 0; i < input->scripts.n && input->scripts.n <= TABLE_SERVICES; i++)
		for (size_t kind = 0; kind < sizeof(kinds); kind++) {
			const struct words *need = &input->scripts.at[i]->need[kinds[kind]];

			for (uint32_t k = 0; k < need->n; k++)
				instance_needed(input, need->at[k].text);
		}
	scripts_sort(&input->scripts);
}

void input_script(struct input *input, const struct script *file)
{
	size_t n = strlen(file->name);
	struct script *script;

	if (file->name[n - 1] == '@') {
		template_read(input, file);
		return;
	}
	script = begin(file, file->name, NULL);
	parse(input, script);
	scripts_add(&input->scripts, script);
}

static void read_entry(struct input *input, const struct entry *entry)
{
	const char *root = input->sources.root;
	const char *host = entry->in_root ? source_host(root, entry->path) : entry->host;
	struct script *file;
	struct stat st;
	int error = errno;

	source_note(&input->sources, entry->path, host, &st);
	if (S_ISDIR(st.st_mode))
		return;
	file = script_new(entry->name, entry->path, entry->shown, entry->host);
	if (host)
		file->data = source_read(host, SCRIPT_BYTES, &file->size);
	error = host ? errno : error;
	if (st.st_mode && !(st.st_mode & 0111))
		file->row.flags |= TABLE_DISABLED;
	if (file->data) {
		input_script(input, file);
		return;
	}
	if (error == EINVAL)
		script_error(file, 0, 0, "is not a regular file");
	else if (error == ENOENT)
		script_error(file, 0, 0, "a link to nothing");
	else
		script_error(file, 0, 0, "cannot be read: %s", strerror(error));
	scripts_add(&input->scripts, file);
}

/* A file "getty@tty1" counts before an instance of "getty@"; the rest are doubles. */
static void drop_doubles(struct scripts *scripts)
{
	uint32_t kept = 0;

	scripts_sort(scripts);
	for (uint32_t i = 0; i < scripts->n; i++) {
		struct script *script = scripts->at[i];

		if (kept && strcmp(scripts->at[kept - 1]->name, script->name) == 0) {
			if (!script->instance)
				scripts->at[kept - 1] = script;
			continue;
		}
		if (kept == TABLE_SERVICES) {
			script_error(script, 0, 0, "no room: %d services are the most",
				     TABLE_SERVICES);
			continue;
		}
		scripts->at[kept++] = script;
	}
	scripts->n = kept;
}

static char *read_accounts(struct input *input, const char *path)
{
	const char *host = source_host(input->sources.root, path);
	char *text = NULL;
	size_t size = 0;

	source_note(&input->sources, path, host, NULL);
	if (host)
		text = source_read(host, SCRIPT_BYTES, &size);
	if (!text)
		return heap_copy("", 0);
	for (size_t i = 0; i < size; i++)
		if (text[i] == '\0')
			text[i] = '?'; /* costs its own line, not those after it */
	return text;
}

void input_read(struct input *input, const char *root, char *const *dirs)
{
	struct entries entries = { NULL, 0 };
	uint32_t number = 0;

	memset(input, 0, sizeof(*input));
	input->sources.root = root;
	input->accounts.passwd = read_accounts(input, "/etc/passwd");
	input->accounts.group = read_accounts(input, "/etc/group");
	if (!*dirs) {
		const char *dir = heap_print("%s%s", root, PLACE_SCRIPTS);

		list_folder(input, &entries, dir, dir, 0);
	}
	for (; *dirs; dirs++) {
		size_t n = strlen(*dirs);

		while (n > 1 && (*dirs)[n - 1] == '/')
			n--;
		list_folder(input, &entries, heap_copy(*dirs, n), heap_copy(*dirs, n), number++);
	}
	if (entries.n)
		qsort(entries.at, entries.n, sizeof(struct entry), compare);
	for (uint32_t i = 0; i < entries.n; i++)
		if (i + 1 == entries.n || strcmp(entries.at[i].name, entries.at[i + 1].name) != 0)
			read_entry(input, &entries.at[i]);
	drop_doubles(&input->scripts);
	input_instances(input);
	drop_doubles(&input->scripts);
}
