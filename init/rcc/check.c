#include "check.h"

#include "elf.h"
#include "heap.h"
#include "report.h"
#include "shell.h"
#include "source.h"

#include <stdio.h>
#include <string.h>

enum {
	HEAD = 64 * 1024
}; /* of a program: its headers are there */

struct check {
	const char *root;
	struct elf init; /* whose machine counts; class 0: there is none */
	const struct script *script;
};

__attribute__((format(printf, 4, 5))) static void complain(const struct check *check, uint32_t line,
							   uint32_t column, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	report_line(REPORT_ERROR, check->script->shown, line, column,
		    report_escape(text, sizeof(text)));
}

static bool is_there(const struct check *check, const char *path)
{
	return source_host(check->root, path) != NULL;
}

/* A command's file in the folders where shells look. */
static const char *find_command(const struct check *check, const char *name)
{
	static const char *const folders[] = { "/bin",      "/sbin",          "/usr/bin",
					       "/usr/sbin", "/usr/local/bin", "/usr/local/sbin" };

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		const char *path = heap_print("%s/%s", folders[i], name);

		if (is_there(check, path))
			return path;
	}
	return NULL;
}

static void check_program(const struct check *check, const char *path, uint32_t line,
			  uint32_t column, const char *what, int depth);

/* The interpreter that the first line names, and what `env` is to look for. */
static const char *check_interpreter(const struct check *check, const char *data, uint32_t line,
				     uint32_t column, int depth)
{
	const char *text = data + 2 + strspn(data + 2, " \t");
	char *path = heap_copy(text, strcspn(text, " \t\r\n"));
	const char *argument = text + strlen(path);

	check_program(check, path, line, column, "interpreter ", depth + 1);
	argument += strspn(argument, " \t");
	if (strlen(path) >= 4 && strcmp(path + strlen(path) - 4, "/env") == 0) {
		char *name = heap_copy(argument, strcspn(argument, " \t\r\n"));

		if (name[0] && name[0] != '-' && !find_command(check, name))
			complain(check, line, column,
				 "interpreter \"%s\" is not in the root file system", name);
		return name;
	}
	return path;
}

static void check_machine(const struct check *check, const struct elf *elf, const char *path,
			  uint32_t line, uint32_t column, const char *what)
{
	if (check->init.class && !elf_alike(elf, &check->init))
		complain(check, line, column,
			 "%s\"%s\" is for another architecture (%s, and /sbin/init is for %s)",
			 what, path, elf_machine(elf), elf_machine(&check->init));
	else if (elf->loader && !is_there(check, elf->loader))
		complain(check, line, column,
			 "%s\"%s\" needs the loader \"%s\", which is not in the root file system",
			 what, path, elf->loader);
}

static void check_program(const struct check *check, const char *path, uint32_t line,
			  uint32_t column, const char *what, int depth)
{
	const char *host = source_host(check->root, path);
	struct elf elf;
	struct stat st;
	char *data;
	size_t n;

	if (!host) {
		complain(check, line, column, "%s\"%s\" is not in the root file system", what,
			 path);
		return;
	}
	if (stat(host, &st) < 0 || !S_ISREG(st.st_mode) || !(st.st_mode & 0111)) {
		complain(check, line, column, "%s\"%s\" is not executable", what, path);
		return;
	}
	data = source_read(host, HEAD, &n);
	if (!data || n < 3)
		return;
	if (elf_read(&elf, data, n))
		check_machine(check, &elf, path, line, column, what);
	else if (data[0] == '#' && data[1] == '!' && depth < 4)
		(void)check_interpreter(check, data, line, column, depth);
}

static bool is_shell(const char *interpreter)
{
	static const char *const shells[] = { "sh", "ash", "dash", "bash", "ksh", "mksh", NULL };
	const char *slash = strrchr(interpreter, '/');

	for (int i = 0; shells[i]; i++)
		if (strcmp(slash ? slash + 1 : interpreter, shells[i]) == 0)
			return true;
	return false;
}

/* Functions of the files that are read in; those may read others. */
static void read_sourced(const struct check *check, struct shell *shell)
{
	for (uint32_t i = 0; i < shell->sourced.n; i++) {
		const struct word *word = &shell->sourced.at[i];
		const char *host = source_host(check->root, word->text);
		struct shell other;
		size_t n;
		char *text = host ? source_read(host, SCRIPT_BYTES, &n) : NULL;

		if (!text) {
			if (!shell_asks_for(check->script->data, word->text))
				complain(check, word->line, word->column,
					 "\"%s\" is not in the root file system", word->text);
			shell->sources_more = true;
			continue;
		}
		shell_read(&other, text);
		shell->sources_more |= other.lost || other.sources_more || other.sourced.n;
		for (uint32_t k = 0; k < other.functions.n; k++)
			words_add(&shell->functions, other.functions.at[k].text, 0, 0);
	}
}

static void check_commands(const struct check *check)
{
	const char *text = check->script->data;
	struct shell shell;
	struct words said = { NULL, 0 };

	shell_read(&shell, text);
	if (shell.lost)
		return;
	read_sourced(check, &shell);
	for (uint32_t i = 0; i < shell.commands.n; i++) {
		const struct word *word = &shell.commands.at[i];
		bool path = word->text[0] == '/';

		if (shell_has(&shell.functions, word->text) || shell_has(&said, word->text) ||
		    (!path && (shell.sources_more || strchr(word->text, '/'))) ||
		    strpbrk(word->text, "=[]{}!:@%,"))
			continue;
		if (path ? is_there(check, word->text) : !!find_command(check, word->text))
			continue;
		if (shell_asks_for(text, word->text))
			continue;
		complain(check, word->line, word->column,
			 "command \"%s\" is not in the root file system", word->text);
		words_add(&said, word->text, 0, 0);
	}
}

/* The script itself, where PID 1 starts it. */
static void check_self(const struct check *check)
{
	const struct script *script = check->script;
	struct elf elf;

	if (!script->data || script->size == 0)
		return;
	if (elf_read(&elf, script->data, script->size)) {
		check_machine(check, &elf, script->path, 0, 0, "");
	} else if (script->data[0] != '#' || script->data[1] != '!') {
		complain(check, 1, 1, "no \"#!\" in the first line, so the kernel cannot start it");
	} else if (is_shell(check_interpreter(check, script->data, 1, 3, 0)) &&
		   strlen(script->data) == script->size && script->size < SCRIPT_BYTES) {
		check_commands(check);
	}
}

/* What a `run`, `reload` or `ready check=` starts, inside of a chroot if there is one. */
static void check_named(const struct check *check, const char *chroot, const struct word *word,
			const char *what)
{
	check_program(check, chroot ? heap_print("%s%s", chroot, word->text) : word->text,
		      word->line, word->column, what, 0);
}

static void check_script(const struct check *check)
{
	const struct script *script = check->script;
	bool own = !script->run.n && script->row.type != TABLE_TARGET;

	if (script->row.flags & TABLE_DISABLED && script->size)
		complain(check, 0, 0, "is not executable, so it is never started (chmod +x)");
	if (own)
		check_self(check);
	if (script->run.n)
		check_named(check, script->process.chroot, &script->run.at[0], "");
	if (script->reload_command.n)
		check_named(check, NULL, &script->reload_command.at[0], "");
}

void check_scripts(const struct scripts *scripts, const char *root)
{
	struct check check = { .root = root };
	const char *init = source_host(root, "/sbin/init");
	char *data = NULL;
	size_t n;

	if (init)
		data = source_read(init, HEAD, &n);
	if (!data || !elf_read(&check.init, data, n))
		check.init.class = 0;
	for (uint32_t i = 0; i < scripts->n; i++) {
		check.script = scripts->at[i];
		check_script(&check);
	}
}
