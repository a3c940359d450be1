#include "shell.h"

#include "heap.h"

#include <ctype.h>
#include <string.h>

enum {
	DEPTH = 64
};

/* Inside "case": what is expected next. */
enum place {
	IN_CASE_WORD,
	IN_PATTERN,
	IN_COMMANDS,
};

struct reader {
	struct shell *shell;
	const char *s;
	const char *line_start;
	uint32_t line;
	bool command; /* the next word is one */
	bool via;     /* it follows exec and its like: an option may come first */
	bool dot;     /* the next word is a file to read */
	enum place cases[DEPTH];
	int depth;
	char *heredocs[DEPTH];
	int n_heredocs;
};

static const char *const builtins[] = {
	":",        "[",      "[[",       "alias",   "bg",     "break", "builtin", "cd",
	"continue", "echo",   "eval",     "exit",    "export", "false", "fc",      "fg",
	"getopts",  "hash",   "jobs",     "kill",    "let",    "local", "print",   "printf",
	"pwd",      "read",   "readonly", "return",  "set",    "shift", "test",    "times",
	"trap",     "true",   "type",     "typeset", "ulimit", "umask", "unalias", "unset",
	"wait",     "whence", "declare",  "shopt",   "in",     NULL,
};
/* After these another command begins. */
static const char *const leads[] = { "if", "then", "else", "elif", "while", "until",
				     "do", "!",    "{",    "time", NULL };
static const char *const prefixes[] = { "exec", "command", "nohup", NULL };
/* After these none does. */
static const char *const ends[] = { "fi", "done", "}", "for", "select", "esac", NULL };

static bool in_list(const char *word, const char *const *list)
{
	for (; *list; list++)
		if (strcmp(word, *list) == 0)
			return true;
	return false;
}

bool shell_has(const struct words *words, const char *text)
{
	for (uint32_t i = 0; i < words->n; i++)
		if (strcmp(words->at[i].text, text) == 0)
			return true;
	return false;
}

static void next_line(struct reader *r)
{
	r->line++;
	r->line_start = r->s + 1;
}

/* Over one character; a newline is counted. */
static void step(struct reader *r)
{
	if (*r->s == '\n')
		next_line(r);
	if (*r->s)
		r->s++;
}

static void skip_quoted(struct reader *r, char quote, int depth);

/* Over ${...}, $(...), `...`: all that is inside is left out. */
static void skip_nested(struct reader *r, char close, int depth)
{
	char open = close == ')' ? '(' : '{';
	int level = 1;

	if (depth > DEPTH) {
		r->shell->lost = true;
		return;
	}
	while (*r->s && level) {
		char c = *r->s;

		if (c == '\\') {
			step(r);
			step(r);
			continue;
		}
		step(r);
		if (c == '\'' || c == '"' || c == '`')
			skip_quoted(r, c, depth + 1);
		else if (c == open)
			level++;
		else if (c == close)
			level--;
	}
	r->shell->lost |= level != 0;
}

/* From behind an opening quote to behind the closing one. */
static void skip_quoted(struct reader *r, char quote, int depth)
{
	while (*r->s && *r->s != quote) {
		if (*r->s == '\\' && quote != '\'') {
			step(r);
			step(r);
		} else if (quote == '"' && r->s[0] == '$' && (r->s[1] == '(' || r->s[1] == '{')) {
			r->s += 2;
			skip_nested(r, r->s[-1] == '(' ? ')' : '}', depth + 1);
		} else {
			step(r);
		}
	}
	r->shell->lost |= *r->s == '\0' || depth > DEPTH;
	step(r);
}

/* A word at r->s: its text, or NULL when it is not plain. */
static char *take_word(struct reader *r)
{
	const char *begin = r->s;
	bool plain = true;

	while (*r->s && !strchr(" \t\n;&|()<>", *r->s)) {
		char c = *r->s;

		plain = plain && (isalnum((unsigned char)c) || strchr("_./+-=[]!{}:@%,", c));
		if (c == '\\') {
			step(r);
			step(r);
			continue;
		}
		step(r);
		if (c == '\'' || c == '"' || c == '`') {
			skip_quoted(r, c, 0);
		} else if (c == '$' && (*r->s == '(' || *r->s == '{')) {
			step(r);
			skip_nested(r, r->s[-1] == '(' ? ')' : '}', 0);
		}
	}
	return plain ? heap_copy(begin, (size_t)(r->s - begin)) : NULL;
}

/* << and its delimiter; its text is behind the line. */
static void take_heredoc(struct reader *r)
{
	const char *begin;
	char *word;
	size_t n = 0;

	r->s += 2;
	if (*r->s == '<') {
		r->s++;
		return;
	}
	r->s += *r->s == '-';
	r->s += strspn(r->s, " \t");
	begin = r->s;
	(void)take_word(r);
	word = heap_copy(begin, (size_t)(r->s - begin));
	for (const char *c = word; *c; c++)
		if (!strchr("'\"\\", *c))
			word[n++] = *c;
	word[n] = '\0';
	if (r->n_heredocs < DEPTH)
		r->heredocs[r->n_heredocs++] = word;
	else
		r->shell->lost = true;
}

static void skip_heredocs(struct reader *r)
{
	for (int i = 0; i < r->n_heredocs; i++) {
		for (;;) {
			const char *begin = r->s + strspn(r->s, "\t");
			size_t n = strcspn(begin, "\n");
			bool found = n == strlen(r->heredocs[i]) &&
				     strncmp(begin, r->heredocs[i], n) == 0;

			if (!*r->s && !found) {
				r->shell->lost = true;
				break;
			}
			r->s = begin + n;
			step(r);
			if (found)
				break;
		}
	}
	r->n_heredocs = 0;
}

static bool is_assignment(const char *begin)
{
	const char *s = begin;

	while (isalnum((unsigned char)*s) || *s == '_')
		s++;
	return s > begin && !isdigit((unsigned char)*begin) &&
	       (*s == '=' || strncmp(s, "+=", 2) == 0);
}

/* A word where a command may stand. */
static void take_command(struct reader *r)
{
	uint32_t line = r->line;
	uint32_t column = (uint32_t)(r->s - r->line_start) + 1;
	const char *begin = r->s;
	char *word = take_word(r);
	const char *rest = r->s + strspn(r->s, " \t");

	if (is_assignment(begin)) {
		if (*r->s == '(') { /* an array of bash and ksh */
			r->s++;
			skip_nested(r, ')', 0);
		}
		r->shell->sources_more |= strncmp(begin, "PATH=", 5) == 0;
		return;
	}
	r->command = false;
	if (!word || (r->via && word[0] == '-'))
		return;
	if (*rest == '(' && !r->via) {
		words_add(&r->shell->functions, word, line, column);
		r->s = rest + 1;
		r->s += strspn(r->s, " \t)");
		r->command = true;
	} else if (in_list(word, leads)) {
		r->command = true;
	} else if (in_list(word, prefixes)) {
		r->command = r->via = true;
		return;
	} else if (strcmp(word, "function") == 0) {
		char *name;

		r->s = rest;
		name = take_word(r);
		if (name)
			words_add(&r->shell->functions, name, line, column);
		r->s += strspn(r->s, " \t()");
		r->command = true;
	} else if (strcmp(word, "case") == 0) {
		if (r->depth < DEPTH)
			r->cases[r->depth++] = IN_CASE_WORD;
		else
			r->shell->lost = true;
	} else if (strcmp(word, "esac") == 0) {
		r->shell->lost |= r->depth == 0;
		r->depth -= r->depth > 0;
	} else if (strcmp(word, ".") == 0 || strcmp(word, "source") == 0) {
		r->dot = true;
	} else if (!in_list(word, builtins) && !in_list(word, ends)) {
		words_add(&r->shell->commands, word, line, column);
	}
	r->via = false;
}

/* Another word: of a `.`, of a case, or an argument. */
static void take_argument(struct reader *r)
{
	uint32_t line = r->line;
	uint32_t column = (uint32_t)(r->s - r->line_start) + 1;
	char *word = take_word(r);

	if (r->dot) {
		if (word && word[0] == '/')
			words_add(&r->shell->sourced, word, line, column);
		else
			r->shell->sources_more = true;
		r->dot = false;
	} else if (r->depth && r->cases[r->depth - 1] == IN_CASE_WORD && word &&
		   strcmp(word, "in") == 0) {
		r->cases[r->depth - 1] = IN_PATTERN;
	}
}

/* Where patterns of a case stand: over them and the ")". */
static void take_pattern(struct reader *r)
{
	r->s += *r->s == '(';
	r->s += strspn(r->s, " \t");
	if (strncmp(r->s, "esac", 4) == 0 && !isalnum((unsigned char)r->s[4]) && r->s[4] != ')') {
		r->s += 4;
		r->depth--;
		r->command = false;
		return;
	}
	while (*r->s && *r->s != ')') {
		const char *before = r->s;

		(void)take_word(r);
		if (r->s == before && *r->s != ')')
			step(r);
	}
	r->shell->lost |= *r->s == '\0';
	step(r);
	r->cases[r->depth - 1] = IN_COMMANDS;
	r->command = true;
}

static void take_operator(struct reader *r)
{
	if (r->s[0] == '<' && r->s[1] == '<') {
		take_heredoc(r);
		return;
	}
	if (*r->s == '<' || *r->s == '>') {
		/* A redirection and its file, which is no command. */
		r->s += strspn(r->s, "<>&|");
		r->s += strspn(r->s, " \t");
		(void)take_word(r);
		return;
	}
	if (r->s[0] == ';' && r->s[1] == ';' && r->depth) {
		r->cases[r->depth - 1] = IN_PATTERN;
		r->s += 2;
		return;
	}
	if (r->s[0] == '(' && r->s[1] == '(') {
		r->s++;
		step(r);
		skip_nested(r, ')', 0);
		return;
	}
	r->command = *r->s != ')';
	r->via = r->dot = false;
	r->s++;
}

void shell_read(struct shell *shell, const char *text)
{
	struct reader r = {
		.shell = shell, .s = text, .line_start = text, .line = 1, .command = true
	};

	memset(shell, 0, sizeof(*shell));
	while (*r.s && !shell->lost) {
		const char *before = r.s;

		if (*r.s == ' ' || *r.s == '\t') {
			r.s++;
		} else if (r.s[0] == '\\' && r.s[1] == '\n') {
			r.s++;
			step(&r);
		} else if (*r.s == '\n') {
			step(&r);
			skip_heredocs(&r);
			if (!r.depth || r.cases[r.depth - 1] != IN_CASE_WORD)
				r.command = true;
			r.via = r.dot = false;
		} else if (*r.s == '#') {
			r.s += strcspn(r.s, "\n");
		} else if (r.depth && r.cases[r.depth - 1] == IN_PATTERN) {
			take_pattern(&r);
		} else if (strchr(";&|()<>", *r.s)) {
			take_operator(&r);
		} else if (isdigit((unsigned char)*r.s) && strchr("<>", r.s[1]) && r.s[1]) {
			r.s++; /* the descriptor of a redirection */
		} else if (r.command) {
			take_command(&r);
		} else {
			take_argument(&r);
		}
		shell->lost |= r.s == before;
	}
	shell->lost |= r.depth != 0;
}

bool shell_asks_for(const char *text, const char *command)
{
	static const char *const questions[] = { "-v",   "-V",    "-x",   "-f",     "-e", "-r",
						 "type", "which", "hash", "whence", NULL };
	size_t n = strlen(command);

	for (const char *at = strstr(text, command); at; at = strstr(at + 1, command)) {
		const char *end = at;
		const char *begin;

		/* A path may stand in front of it, and quotes around both. */
		while (end > text && !isspace((unsigned char)end[-1]))
			end--;
		while (end > text && (end[-1] == ' ' || end[-1] == '\t'))
			end--;
		for (begin = end; begin > text && !isspace((unsigned char)begin[-1]);)
			begin--;
		if (!isalnum((unsigned char)at[n]) && at[n] != '-' && at[n] != '_' &&
		    in_list(heap_copy(begin, (size_t)(end - begin)), questions))
			return true;
	}
	return false;
}
