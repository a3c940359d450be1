/*
 * table: a sound table is taken, and whatever single word of it is changed, it
 * is refused or still safe to follow to its last byte.
 */
#include "table.h"

#include "check.h"
#include "random.h"

/* Three services, a <- b <- c, and c conflicts with a. */
static struct image {
	struct table_header header;
	struct table_service services[3];
	struct table_edge edges[4]; /* the last one is padding */
	struct table_edge back[4];
	struct table_source sources[2];
	uint32_t args[8];
	char text[64];
} sound;

static uint32_t text_add(const char *s)
{
	uint32_t at = sound.header.text.n;

	memcpy(sound.text + at, s, strlen(s) + 1);
	sound.header.text.n += (uint32_t)strlen(s) + 1;
	assert_true(sound.header.text.n <= sizeof(sound.text));
	return at;
}

static void seal(struct image *image)
{
	image->header.checksum = table_sum(
		&image->header.services, sizeof(*image) - offsetof(struct table_header, services));
}

static void fill_service(uint32_t i, const char *name)
{
	struct table_service *s = &sound.services[i];

	s->name = text_add(name);
	s->file = s->name;
	s->start = 1;
	s->stop_signal = 15;
	s->stop = 4;
	s->restart_limit = 10;
}

static void area(struct table_area *area, const void *at, uint32_t n)
{
	area->at = (uint32_t)((const char *)at - (const char *)&sound);
	area->n = n;
}

static int make_sound(void **state)
{
	static const struct table_edge edges[] = { { 0, TABLE_REQUIRE },
						   { 1, TABLE_AFTER },
						   { 0, TABLE_CONFLICT } };
	static const struct table_edge back[] = { { 1, TABLE_REQUIRE },
						  { 2, TABLE_CONFLICT },
						  { 2, TABLE_AFTER } };

	(void)state;
	memset(&sound, 0, sizeof(sound));
	sound.header.magic = TABLE_MAGIC;
	sound.header.version = TABLE_VERSION;
	sound.header.size = sizeof(sound);
	area(&sound.header.services, sound.services, 3);
	area(&sound.header.edges, sound.edges, 3);
	area(&sound.header.back, sound.back, 3);
	area(&sound.header.sources, sound.sources, 2);
	area(&sound.header.args, sound.args, 8);
	area(&sound.header.text, sound.text, 1);
	fill_service(0, "a");
	fill_service(1, "b");
	fill_service(2, "c");
	memcpy(sound.edges, edges, sizeof(edges));
	memcpy(sound.back, back, sizeof(back));
	sound.services[1].n_edges = 1;
	sound.services[2].edges = 1;
	sound.services[2].n_edges = 2;
	sound.services[0].n_back = 2;
	sound.services[1].back = 2;
	sound.services[1].n_back = 1;
	sound.services[2].back = 3;
	sound.args[1] = text_add("/bin/x");
	sound.args[2] = text_add("start");
	sound.args[4] = sound.args[1];
	sound.args[5] = text_add("stop");
	sound.sources[0].path = text_add("/etc/passwd");
	seal(&sound);
	return 0;
}

/* Follow all that a reader may follow; the sanitizer watches. */
static void walk(const struct table *t)
{
	const char *argv[TABLE_ARGS];
	size_t bytes = 0;

	for (uint32_t i = 0; i < t->n; i++) {
		const struct table_service *s = &t->services[i];
		const uint32_t lists[] = { s->start, s->stop, s->reload, s->wait, s->probe };
		const uint32_t texts[] = { s->name, s->file, s->fault, s->describe, s->tty };

		for (size_t k = 0; k < COUNT_OF(lists); k++) {
			uint32_t n = table_argv(t, lists[k], argv, TABLE_ARGS);

			assert_true(n < TABLE_ARGS);
			assert_true(lists[k] == 0 || n > 0);
			assert_null(argv[n]);
			while (n)
				bytes += strlen(argv[--n]);
		}
		for (size_t k = 0; k < COUNT_OF(texts); k++)
			bytes += strlen(table_text(t, texts[k]));
		for (uint32_t k = 0; k < s->n_edges; k++)
			bytes += strlen(table_name(t, t->edges[s->edges + k].service));
		for (uint32_t k = 0; k < s->n_back; k++)
			bytes += strlen(table_name(t, t->back[s->back + k].service));
		assert_int_equal(table_find(t, table_name(t, i)), i);
		assert_in_range(s->stop_signal, 1, 64);
		assert_true(s->type < N_TABLE_TYPES && s->ready < N_TABLE_READY);
	}
	for (uint32_t i = 0; i < t->header->sources.n; i++)
		bytes += strlen(table_text(t, t->sources[i].path));
	assert_true(bytes < 100000);
}

/* Check a copy in a block of exactly its size, and walk it when it is sound. */
static enum table_error check(const void *data, size_t size)
{
	char *copy = exactly(size ? size : 1);
	struct table t;
	enum table_error error;

	memset(&t, 0, sizeof(t));
	memcpy(copy, data, size);
	error = table_check(&t, copy, size);
	if (error == TABLE_SOUND)
		walk(&t);
	else
		assert_null(t.header);
	free(copy);
	return error;
}

static void takes_a_sound_one(void **state)
{
	struct table t;

	(void)state;
	assert_int_equal(check(&sound, sizeof(sound)), TABLE_SOUND);
	assert_int_equal(table_check(&t, &sound, sizeof(sound)), TABLE_SOUND);
	assert_int_equal(t.n, 3);
	assert_string_equal(table_name(&t, 1), "b");
	assert_string_equal(table_text(&t, t.sources[0].path), "/etc/passwd");
}

static void finds_names(void **state)
{
	struct table t;

	(void)state;
	assert_int_equal(table_check(&t, &sound, sizeof(sound)), TABLE_SOUND);
	assert_int_equal(table_find(&t, "a"), 0);
	assert_int_equal(table_find(&t, "c"), 2);
	assert_int_equal(table_find(&t, ""), TABLE_NONE);
	assert_int_equal(table_find(&t, "aa"), TABLE_NONE);
	assert_int_equal(table_find(&t, "d"), TABLE_NONE);
	t.n = 0;
	assert_int_equal(table_find(&t, "a"), TABLE_NONE);
}

static void copies_arguments(void **state)
{
	struct table t;
	const char *argv[3];

	(void)state;
	assert_int_equal(table_check(&t, &sound, sizeof(sound)), TABLE_SOUND);
	assert_int_equal(table_argv(&t, 1, argv, 3), 2);
	assert_string_equal(argv[0], "/bin/x");
	assert_string_equal(argv[1], "start");
	assert_null(argv[2]);
	assert_int_equal(table_argv(&t, 1, argv, 2), 1);
	assert_null(argv[1]);
	assert_int_equal(table_argv(&t, 0, argv, 3), 0);
	assert_null(argv[0]);
	argv[0] = "kept";
	assert_int_equal(table_argv(&t, 1, argv, 0), 0);
	assert_string_equal(argv[0], "kept");
}

static void refuses_every_shorter_one(void **state)
{
	(void)state;
	for (size_t size = 0; size < sizeof(sound); size++)
		assert_int_equal(check(&sound, size), TABLE_SHORT);
}

static void refuses_what_is_behind_the_end(void **state)
{
	char data[sizeof(sound) + 8];

	(void)state;
	memset(data, 0, sizeof(data));
	memcpy(data, &sound, sizeof(sound));
	assert_int_equal(check(data, sizeof(data)), TABLE_BROKEN);
}

static void sees_every_flipped_bit(void **state)
{
	struct image image;

	(void)state;
	for (size_t bit = 0; bit < sizeof(image) * 8; bit++) {
		memcpy(&image, &sound, sizeof(image));
		((unsigned char *)&image)[bit / 8] ^= (unsigned char)(1u << bit % 8);
		assert_int_not_equal(check(&image, sizeof(image)), TABLE_SOUND);
	}
}

static void tells_what_is_wrong(void **state)
{
	struct image image = sound;

	(void)state;
	image.header.magic++;
	assert_int_equal(check(&image, sizeof(image)), TABLE_NOT_ONE);
	image = sound;
	image.header.version++;
	assert_int_equal(check(&image, sizeof(image)), TABLE_OTHER);
	image = sound;
	image.header.checksum++;
	assert_int_equal(check(&image, sizeof(image)), TABLE_SUM);
	for (int e = TABLE_SOUND; e <= TABLE_BROKEN; e++) {
		assert_printable(table_error_text((enum table_error)e));
		assert_true(strlen(table_error_text((enum table_error)e)) > 3);
		for (int k = TABLE_SOUND; k < e; k++)
			assert_string_not_equal(table_error_text((enum table_error)e),
						table_error_text((enum table_error)k));
	}
}

/* Every word takes values at and around each limit that the file knows. */
static void survives_any_word(void **state)
{
	static const uint32_t values[] = {
		0,  1,  2,  3,  4,  5,   6,    7,      8,      15,         63,         64,
		65, 77, 80, 81, 84, 200, 1023, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff,
	};
	const size_t words = sizeof(sound) / 4;
	uint32_t refused = 0;

	(void)state;
	for (size_t w = 4; w < words; w++) {
		for (size_t v = 0; v < COUNT_OF(values) * 3; v++) {
			struct image image = sound;
			uint32_t word;

			memcpy(&word, (char *)&image + w * 4, 4);
			if (v < COUNT_OF(values))
				word = values[v];
			else if (v < 2 * COUNT_OF(values))
				word += values[v - COUNT_OF(values)];
			else
				word -= values[v - 2 * COUNT_OF(values)];
			memcpy((char *)&image + w * 4, &word, 4);
			seal(&image);
			refused += check(&image, sizeof(image)) != TABLE_SOUND;
		}
	}
	assert_true(refused > words * COUNT_OF(values) / 4);
}

static void survives_any_byte(void **state)
{
	(void)state;
	for (size_t at = 16; at < sizeof(sound); at++) {
		for (uint32_t value = 0; value < 256; value += 5) {
			struct image image = sound;

			((unsigned char *)&image)[at] = (unsigned char)value;
			seal(&image);
			(void)check(&image, sizeof(image));
		}
	}
	assert_int_equal(check(&sound, sizeof(sound)), TABLE_SOUND);
}

static void survives_many_words_at_once(void **state)
{
	uint32_t taken = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 20000; seed++) {
		struct image image = sound;
		struct random r;

		random_seed(&r, seed);
		for (uint32_t n = 1 + random_below(&r, 4); n; n--)
			((unsigned char *)&image)[16 + random_below(&r, sizeof(image) - 16)] =
				(unsigned char)random_below(&r, random_chance(&r, 50) ? 256 : 9);
		seal(&image);
		taken += check(&image, sizeof(image)) == TABLE_SOUND;
	}
	assert_in_range(taken, 1, 19999);
}

/* One change, one refusal: the reasons that a table may have. */
#define REFUSED(...)                                              \
	do {                                                      \
		struct image image = sound;                       \
		__VA_ARGS__;                                      \
		seal(&image);                                     \
		if (check(&image, sizeof(image)) != TABLE_BROKEN) \
			fail_msg("taken: %s", #__VA_ARGS__);      \
	} while (0)

static void refuses_bad_areas(void **state)
{
	(void)state;
	REFUSED(image.header.services.at += 2);
	REFUSED(image.header.services.at = 0);
	REFUSED(image.header.sources.n = 0; image.header.sources.at = 0);
	REFUSED(image.header.sources.at = image.header.args.at; image.header.sources.n = 1);
	REFUSED(image.header.services.n = 0x10000000);
	REFUSED(image.header.services.n = TABLE_SERVICES + 1);
	REFUSED(image.header.edges.n = 2);
	REFUSED(image.header.back.n = 4);
	REFUSED(image.header.edges.at = image.header.services.at);
	REFUSED(image.header.text.at = image.header.args.at);
	REFUSED(image.header.sources.at = 0xfffffffc);
	REFUSED(image.header.sources.n = 0xffffffff);
	REFUSED(image.header.args.n = 0);
	REFUSED(image.header.text.n = 0);
	REFUSED(image.header.args.n -= 1; image.args[6] = 1);
	REFUSED(image.header.text.n -= 1);
	REFUSED(image.text[0] = 'x');
	REFUSED(image.args[0] = 1);
	REFUSED(image.args[7] = 1);
	REFUSED(image.args[1] = image.header.text.n);
	REFUSED(image.sources[1].path = image.header.text.n);
}

static void refuses_bad_rows(void **state)
{
	(void)state;
	REFUSED(image.services[0].name = image.services[1].name);
	REFUSED(image.services[1].name = image.services[0].name);
	REFUSED(image.services[2].name = image.services[0].name);
	REFUSED(image.services[0].name = 0);
	REFUSED(image.text[image.services[0].name] = '/');
	REFUSED(image.text[image.services[0].name] = '.');
	REFUSED(image.services[0].start = 0);
	REFUSED(image.services[0].start = 3);
	REFUSED(image.services[0].stop = 8);
	REFUSED(image.services[0].tty = image.header.text.n);
	REFUSED(image.services[0].type = N_TABLE_TYPES);
	REFUSED(image.services[0].ready = N_TABLE_READY);
	REFUSED(image.services[0].restart = N_TABLE_RESTART);
	REFUSED(image.services[0].then = N_TABLE_THEN);
	REFUSED(image.services[0].stop_signal = 0);
	REFUSED(image.services[0].stop_signal = 65);
	REFUSED(image.services[0].reload_signal = 65);
	REFUSED(image.services[0].ready = TABLE_READY_PROBE);
	REFUSED(image.services[0].ready = TABLE_READY_FD; image.services[0].ready_fd = 2);
	REFUSED(image.services[0].flags = 2 * TABLE_GROUP);
}

static void refuses_bad_edges(void **state)
{
	(void)state;
	REFUSED(image.edges[0].service = 3);
	REFUSED(image.edges[0].service = TABLE_NONE);
	REFUSED(image.edges[0].service = 1);
	REFUSED(image.edges[0].kind = N_TABLE_EDGES);
	REFUSED(image.edges[0].service = 2);
	REFUSED(image.back[0].service = 2);
	REFUSED(image.back[0].kind = TABLE_AFTER);
	REFUSED(image.edges[0].kind = image.back[0].kind = N_TABLE_EDGES);
	REFUSED(image.header.edges.n = image.header.back.n = 4);
	REFUSED(image.edges[0].service = 1; image.services[0].n_back = 1;
		image.services[1].back = 1; image.services[1].n_back = 2;
		image.back[0] = image.back[1];
		image.back[1] = (struct table_edge){ 1, TABLE_REQUIRE };
		image.back[2] = (struct table_edge){ 2, TABLE_AFTER });
	REFUSED(image.services[1].n_edges = 0);
	REFUSED(image.services[1].n_edges = 2);
	REFUSED(image.services[2].n_edges = 3);
	REFUSED(image.services[2].n_edges = 0xffffffff);
	REFUSED(image.services[2].edges = 0);
	REFUSED(image.services[2].edges = 0xffffffff);
	REFUSED(image.services[0].n_back = 1);
	REFUSED(image.services[0].n_back = 3);
	REFUSED(image.services[1].back = 1);
}

/* 127 arguments and their end fit, 128 do not. */
static void knows_the_longest_list(void **state)
{
	static struct {
		struct table_header header;
		uint32_t args[1 + TABLE_ARGS + 1];
		char text[4];
	} image;
	const uint32_t start = offsetof(struct table_header, services);

	(void)state;
	for (uint32_t n = TABLE_ARGS - 1; n <= TABLE_ARGS; n++) {
		memset(&image, 0, sizeof(image));
		image.header.magic = TABLE_MAGIC;
		image.header.version = TABLE_VERSION;
		image.header.size = sizeof(image);
		for (uint32_t i = 0; i < 6; i++)
			(&image.header.services)[i].at = sizeof(image.header);
		image.header.args.n = COUNT_OF(image.args);
		image.header.text.at = sizeof(image.header) + sizeof(image.args);
		image.header.text.n = sizeof(image.text);
		for (uint32_t i = 1; i <= n; i++)
			image.args[i] = 1;
		image.header.checksum = table_sum((char *)&image + start, sizeof(image) - start);
		assert_int_equal(check(&image, sizeof(image)),
				 n < TABLE_ARGS ? TABLE_SOUND : TABLE_BROKEN);
	}
}

/* So many services and edges, or one more of either. */
static char *crowd(uint32_t n, uint32_t n_edges, size_t *size)
{
	struct table_header header = { TABLE_MAGIC, TABLE_VERSION, 0,        0,        { 0, 0 },
				       { 0, 0 },    { 0, 0 },      { 0, 0 }, { 0, 0 }, { 0, 0 } };
	struct table_area *area = &header.services;
	const uint32_t counts[] = { n, n_edges, n_edges, 0, 2, 8 + 8 * n };
	const uint32_t bytes[] = { sizeof(struct table_service), 4, 4, 28, 4, 1 };
	uint32_t at = sizeof(header);
	struct table_service *s;
	struct table_edge *edges;
	char *data;

	for (uint32_t i = 0; i < COUNT_OF(counts); i++) {
		area[i].at = at;
		area[i].n = counts[i];
		at += counts[i] * bytes[i];
	}
	data = exactly(at);
	memset(data, 0, at);
	s = (struct table_service *)(void *)(data + header.services.at);
	edges = (struct table_edge *)(void *)(data + header.edges.at);
	for (uint32_t i = 0; i < n; i++) {
		s[i].name = 8 + 8 * i;
		s[i].type = TABLE_TARGET;
		s[i].stop_signal = 15;
		(void)snprintf(data + header.text.at + s[i].name, 8, "s%05u", i % 100000);
	}
	/* All from the second to the first. */
	for (uint32_t i = 0; i < n_edges; i++) {
		edges[n_edges + i].service = 1;
		edges[n_edges + i].kind = edges[i].kind = TABLE_AFTER;
	}
	s[1].n_edges = s[0].n_back = n_edges;
	s[1].back = n_edges;
	header.size = at;
	memcpy(data, &header, sizeof(header));
	header.checksum = table_sum(data + 16, at - 16);
	memcpy(data, &header, sizeof(header));
	*size = at;
	return data;
}

static void knows_how_many_fit(void **state)
{
	static const struct {
		uint32_t n;
		uint32_t n_edges;
		enum table_error error;
	} cases[] = {
		{ 2, 1, TABLE_SOUND },
		{ TABLE_SERVICES, 5, TABLE_SOUND },
		{ TABLE_SERVICES + 1, 5, TABLE_BROKEN },
		{ 2, TABLE_EDGES, TABLE_SOUND },
		{ 2, TABLE_EDGES + 1, TABLE_BROKEN },
	};
	struct table t;
	size_t size;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char *data = crowd(cases[i].n, cases[i].n_edges, &size);

		assert_int_equal(table_check(&t, data, size), cases[i].error);
		free(data);
	}
}

/* Nothing of a file without arguments or text may be read. */
static void refuses_empty_areas(void **state)
{
	struct {
		struct table_header header;
		char text[4];
	} image;
	const uint32_t end = sizeof(image);

	(void)state;
	for (int which = 0; which < 3; which++) {
		memset(&image, 0, sizeof(image));
		image.header.magic = TABLE_MAGIC;
		image.header.version = TABLE_VERSION;
		image.header.size = sizeof(image);
		for (uint32_t i = 0; i < 6; i++)
			(&image.header.services)[i].at = end;
		if (which == 1)
			image.header.text = (struct table_area){ end - 4, 4 };
		if (which == 2)
			image.header.args = (struct table_area){ end - 4, 1 };
		image.header.checksum = table_sum(&image.header.services, sizeof(image) - 16);
		assert_int_equal(check(&image, sizeof(image)), TABLE_BROKEN);
	}
}

static void refuses_a_size_of_odd_bytes(void **state)
{
	char data[sizeof(sound) + 2];
	struct table_header header = sound.header;

	(void)state;
	memset(data, 0, sizeof(data));
	memcpy(data, &sound, sizeof(sound));
	header.size = sizeof(data);
	memcpy(data, &header, sizeof(header));
	header.checksum = table_sum(data + 16, sizeof(data) - 16);
	memcpy(data, &header, sizeof(header));
	assert_int_equal(check(data, sizeof(data)), TABLE_BROKEN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(takes_a_sound_one, make_sound),
		cmocka_unit_test_setup(finds_names, make_sound),
		cmocka_unit_test_setup(copies_arguments, make_sound),
		cmocka_unit_test_setup(refuses_every_shorter_one, make_sound),
		cmocka_unit_test_setup(refuses_what_is_behind_the_end, make_sound),
		cmocka_unit_test_setup(sees_every_flipped_bit, make_sound),
		cmocka_unit_test_setup(tells_what_is_wrong, make_sound),
		cmocka_unit_test_setup(survives_any_word, make_sound),
		cmocka_unit_test_setup(survives_any_byte, make_sound),
		cmocka_unit_test_setup(survives_many_words_at_once, make_sound),
		cmocka_unit_test_setup(refuses_bad_areas, make_sound),
		cmocka_unit_test_setup(refuses_bad_rows, make_sound),
		cmocka_unit_test_setup(refuses_bad_edges, make_sound),
		cmocka_unit_test(knows_the_longest_list),
		cmocka_unit_test(knows_how_many_fit),
		cmocka_unit_test(refuses_empty_areas),
		cmocka_unit_test_setup(refuses_a_size_of_odd_bytes, make_sound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
