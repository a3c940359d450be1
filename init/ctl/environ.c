#include "environ.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tool.h"

enum {
	FILE_BYTES = 1024 * 1024, /* the largest file; execve(2) takes no more */
};

void environ_copy(struct environ *env, char *const *from)
{
	while (from[env->n])
		env->n++;
	env->cap = env->n + 32;
	env->list = tool_zeroed(env->cap, sizeof(*env->list));
	memcpy(env->list, from, env->n * sizeof(*from));
}

static char **find(const struct environ *env, const char *name, size_t len)
{
	for (size_t i = 0; i < env->n; i++)
		if (!strncmp(env->list[i], name, len) && env->list[i][len] == '=')
			return &env->list[i];
	return NULL;
}

bool environ_set(struct environ *env, char *pair)
{
	size_t len = strcspn(pair, "=");
	char **there;

	if (!len || !pair[len])
		return false;
	there = find(env, pair, len);
	if (there) {
		*there = pair;
		return true;
	}
	if (env->n + 1 == env->cap) {
		char **bigger = tool_zeroed(env->cap * 2, sizeof(*bigger));

		memcpy(bigger, env->list, env->n * sizeof(*bigger));
		env->list = bigger;
		env->cap *= 2;
	}
	env->list[env->n++] = pair;
	env->list[env->n] = NULL;
	return true;
}

const char *environ_get(const struct environ *env, const char *name)
{
	size_t len = strlen(name);
	char **there = find(env, name, len);

	return there ? *there + len + 1 : NULL;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static char *skip_blanks(char *s)
{
	while (is_blank(*s))
		s++;
	return s;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* Copies a quoted part behind *out; *in stands behind the opening quote. */
static bool unquote(char **in, char **out, char quote)
{
	char *from = *in, *to = *out;

	while (*from && *from != quote) {
		if (*from == '\\' && quote == '"' && from[1] && strchr("\"\\$`", from[1]))
			from++;
		*to++ = *from++;
	}
	if (!*from)
		return false;
	*in = from + 1;
	*out = to;
	return true;
}

/* Undoes the quotes of the value `in`, into `out` before it.  NULL, or what is wrong. */
static const char *plain_value(char *in, char *out)
{
	char *const begin = in;
	char *end = out; /* blanks behind this are not of the value */

	while (*in) {
		char c = *in++;

		if (c == '#' && (in - 1 == begin || is_blank(in[-2])))
			break;
		if (c == '\'' || c == '"') {
			if (!unquote(&in, &out, c))
				return "no closing quote";
			end = out;
			continue;
		}
		if (c == '\\') {
			if (!*in)
				return "a line cannot be continued";
			c = *in++;
			*out++ = c;
			end = out;
			continue;
		}
		*out++ = c;
		if (!is_blank(c))
			end = out;
	}
	*end = '\0';
	return NULL;
}

/* NULL, or what is wrong with the line. */
static const char *take_line(struct environ *env, char *line)
{
	char *name = skip_blanks(line), *end;
	const char *fact;

	if (!*name || *name == '#')
		return NULL;
	if (!strncmp(name, "export", 6) && is_blank(name[6]))
		name = skip_blanks(name + 6);
	end = name;
	while (is_letter(*end) || (*end >= '0' && *end <= '9'))
		end++;
	if (*end != '=' || end == name || !is_letter(*name))
		return "not NAME=VALUE";
	if (strchr(end, '\r'))
		return "a carriage return at the end (lines end with a newline only)";
	fact = plain_value(skip_blanks(end + 1), end + 1);
	if (fact)
		return fact;
	environ_set(env, name);
	return NULL;
}

/* The file, with a NUL behind it; NULL and errno. */
static char *read_all(const char *path, size_t *len)
{
	struct stat st;
	char *text = NULL;
	ssize_t n = 0;
	/* O_NONBLOCK: a pipe of that name must not hold the start. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) < 0)
		goto out;
	errno = S_ISDIR(st.st_mode) ? EISDIR : S_ISREG(st.st_mode) ? EFBIG : EINVAL;
	if (!S_ISREG(st.st_mode) || st.st_size > FILE_BYTES)
		goto out;
	text = tool_zeroed((size_t)st.st_size + 1, 1);
	*len = 0;
	while (*len < (size_t)st.st_size &&
	       (n = read(fd, text + *len, (size_t)st.st_size - *len)) > 0)
		*len += (size_t)n;
	if (n < 0)
		text = NULL;
out:
	n = errno;
	close(fd);
	errno = (int)n;
	return text;
}

bool environ_read(struct environ *env, const char *path, struct environ_fault *fault)
{
	size_t len;
	char *line = read_all(path, &len);
	char *end = line ? line + len : NULL;

	*fault = (struct environ_fault){ .err = line ? 0 : errno };
	if (!line)
		return false;
	while (line < end) {
		char *stop = memchr(line, '\n', (size_t)(end - line));

		if (!stop)
			stop = end;
		*stop = '\0';
		fault->line++;
		fault->fact = memchr(line, '\0', (size_t)(stop - line)) ? "a zero byte"
									: take_line(env, line);
		if (fault->fact)
			return false;
		line = stop + 1;
	}
	return true;
}
