#include "text.h"

#include <string.h>

void text_init(struct text *t, char *buf, size_t cap)
{
	t->buf = buf;
	t->cap = cap;
	t->len = 0;
	t->cut = false;
	buf[0] = '\0';
}

static void text_char(struct text *t, char c)
{
	if (t->len + 1 >= t->cap) {
		t->cut = true;
		return;
	}
	t->buf[t->len++] = c;
	t->buf[t->len] = '\0';
}

void text_str(struct text *t, const char *s)
{
	while (*s)
		text_char(t, *s++);
}

void text_uint(struct text *t, uint64_t n)
{
	char digits[20];
	size_t i = 0;

	do {
		digits[i++] = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	while (i)
		text_char(t, digits[--i]);
}

void text_int(struct text *t, int64_t n)
{
	if (n < 0) {
		text_char(t, '-');
		text_uint(t, 0 - (uint64_t)n);
		return;
	}
	text_uint(t, (uint64_t)n);
}

void text_safe(struct text *t, const char *s, size_t max)
{
	for (size_t i = 0; i < max && s[i]; i++) {
		unsigned char c = (unsigned char)s[i];

		text_char(t, c < 0x20 || c >= 0x7f ? '?' : (char)c);
	}
}

void text_duration(struct text *t, uint64_t ms)
{
	if (ms == 0 || (ms < 10000 && ms % 1000 != 0)) {
		text_uint(t, ms);
		text_str(t, " ms");
		return;
	}
	text_uint(t, ms / 1000);
	text_str(t, " s");
}

void text_end(struct text *t)
{
	size_t last = t->cap - 2;

	if (t->cut || t->len > last) {
		memcpy(t->buf + last - 3, "...", 3);
		t->len = last;
	}
	t->buf[t->len++] = '\n';
	t->buf[t->len] = '\0';
}

void text_signal(struct text *t, int n)
{
	/* The order of asm-generic's signal numbers, which arm and x86 share. */
	static const char names[31][7] = {
		"HUP",  "INT",    "QUIT", "ILL",   "TRAP", "ABRT", "BUS",  "FPE",
		"KILL", "USR1",   "SEGV", "USR2",  "PIPE", "ALRM", "TERM", "STKFLT",
		"CHLD", "CONT",   "STOP", "TSTP",  "TTIN", "TTOU", "URG",  "XCPU",
		"XFSZ", "VTALRM", "PROF", "WINCH", "IO",   "PWR",  "SYS",
	};

	if (n < 1 || n > 31) {
		text_str(t, "signal ");
		text_int(t, n);
		return;
	}
	text_str(t, "SIG");
	text_str(t, names[n - 1]);
}

void text_error(struct text *t, int n)
{
	/* asm-generic/errno-base.h, and two that mounts and sockets return. */
	static const char names[34][8] = {
		"EPERM",   "ENOENT", "ESRCH",  "EINTR",  "EIO",     "ENXIO",   "E2BIG",
		"ENOEXEC", "EBADF",  "ECHILD", "EAGAIN", "ENOMEM",  "EACCES",  "EFAULT",
		"ENOTBLK", "EBUSY",  "EEXIST", "EXDEV",  "ENODEV",  "ENOTDIR", "EISDIR",
		"EINVAL",  "ENFILE", "EMFILE", "ENOTTY", "ETXTBSY", "EFBIG",   "ENOSPC",
		"ESPIPE",  "EROFS",  "EMLINK", "EPIPE",  "EDOM",    "ERANGE",
	};

	if (n >= 1 && n <= 34) {
		text_str(t, names[n - 1]);
	} else if (n == 38) {
		text_str(t, "ENOSYS");
	} else if (n == 40) {
		text_str(t, "ELOOP");
	} else {
		text_str(t, "errno ");
		text_int(t, n);
	}
}
