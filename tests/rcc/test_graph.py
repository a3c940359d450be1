"""Names, edges, cycles and conflicts."""

from place import Place, header
from tap import equal

PLAIN = "#!/bin/sh\nexit 0\n"


def edges(table, name):
    return table[name]["edges"]


def bad(table):
    return sorted(row["name"] for row in table.rows if "bad" in row["flags"])


def test_kinds():
    """Each relation is an edge of its kind, before is after from the other end."""
    with Place(a=header("require b", "want c", "after d", "before e",
                        "conflict f"), b=PLAIN, c=header("describe x"),
               d=header("describe x"), e=header("describe x"),
               f=header("describe x")) as p:
        t = p.compile()
        equal(t.errors, [], "errors")
        equal(edges(t, "a"), [("after", "d"), ("conflict", "f"),
                              ("require", "b"), ("want", "c")], "a")
        equal(edges(t, "e"), [("after", "a")], "e")
        equal(t["a"]["back"], [("after", "e")], "back of a")
        equal(t["f"]["back"], [("conflict", "a")], "back of f")


def test_strongest():
    """Of several edges to one service the strongest stays, and a conflict."""
    with Place(a=header("after b", "want b", "require b b"),
               b=header("before a"), c=header("conflict d d", "after d"),
               d=header("describe x")) as p:
        t = p.compile()
        equal(edges(t, "a"), [("require", "b")], "a")
        equal(edges(t, "c"), [("after", "d"), ("conflict", "d")], "c")


def test_short_names():
    """A number in front is no part of the name, unless it is asked for."""
    with Place({"10-net": PLAIN, "S40ssh": PLAIN, "S41-ntp": PLAIN,
                "a": header("require net ssh ntp 10-net")}) as p:
        t = p.compile()
        equal(t.errors, [], "errors")
        equal(edges(t, "a"), [("require", "10-net"), ("require", "S40ssh"),
                              ("require", "S41-ntp")], "a")


def test_exact_name_wins():
    """An exact name wins over a short one, and of two short ones the first."""
    with Place({"10-net": PLAIN, "net": PLAIN, "20-log": PLAIN,
                "30-log": PLAIN, "x": header("after net log")}) as p:
        t = p.compile()
        equal(t.errors, [], "errors")
        equal(edges(t, "x"), [("after", "20-log"), ("after", "net")], "x")


def test_virtual_names():
    """A name that several provide means all of them."""
    with Place(a=header("provide mail web"), b=header("provide mail"),
               mail2=header("describe x"), c=header("require mail"),
               web=header("describe x"), d=header("want web")) as p:
        t = p.compile()
        equal(edges(t, "c"), [("require", "a"), ("require", "b")], "c")
        equal(edges(t, "d"), [("want", "a"), ("want", "web")], "d")


def test_follow():
    """Plain scripts follow each other in byte order, over what will not start."""
    with Place({"S10": PLAIN, "S20": header("describe x"), "S30": PLAIN,
                "a": PLAIN, "S25": b""}) as p:
        p.script("S15", PLAIN, 0o644)
        t = p.compile()
        equal(edges(t, "S30"), [("follow", "S10")], "S30")
        equal(edges(t, "a"), [("follow", "S30")], "a")
        for name in ("S10", "S15", "S20", "S25"):
            equal(edges(t, name), [], name)
        assert t["S15"]["flags"] == {"plain", "disabled"}


def test_missing():
    """A required name that is missing costs the service, others only a line."""
    with Place(a=header("require netwrk", "want x1", "after x2", "before x3",
                        "conflict x4"), b=header("want nowhere"),
               network=PLAIN, c=header("require a")) as p:
        t = p.compile()
        equal(t["a"]["fault"], 'requires "netwrk", which does not exist '
              '(did you mean "network"?)', "fault")
        equal(t["a"]["line"], 2, "line")
        equal(bad(t), ["a"], "bad")
        equal(edges(t, "c"), [("require", "a")], "c")
        equal(sum("a:2:12: requires" in x for x in t.errors), 1, "error")
        for n, verb in enumerate(("wants", "is after", "is before",
                                  "conflicts with")):
            assert any(": warning: %s \"x" % verb in x for x in t.errors), \
                t.errors
        equal(sum("warning" in x for x in t.errors), 5, "warnings")


def test_itself():
    """Who needs itself is BAD; a name that it shares means the others."""
    with Place(a=header("require a"), b=header("after b"),
               c=header("provide mta", "conflict mta"),
               d=header("provide mta", "want mta"),
               e=header("provide alone", "require alone"),
               f=header("before f"), g=header("conflict g")) as p:
        t = p.compile()
        equal(bad(t), ["a", "b", "e", "f", "g"], "bad")
        equal(t["a"]["fault"], 'requires itself ("a")', "a")
        equal(t["e"]["fault"], 'requires itself ("alone")', "e")
        equal(edges(t, "c"), [("conflict", "d")], "c")
        equal(edges(t, "d"), [("want", "c")], "d")


def test_cycle():
    """The members of a cycle are BAD with its whole path, the rest is not."""
    with Place(a=header("describe x", "require b"), b=header("want c"),
               c=header("after a"), d=header("after a", "require e"),
               e=PLAIN) as p:
        t = p.compile()
        equal(bad(t), ["a", "b", "c"], "bad")
        path = ("in a cycle: a -> b (%s/a:3) -> c (%s/b:2) -> a (%s/c:2)"
                % (("/etc/rc.d",) * 3))
        for name, line in (("a", 3), ("b", 2), ("c", 2)):
            equal(t[name]["fault"], path, name)
            equal(t[name]["line"], line, name)
        equal(t.errors, ["rcc: R/etc/rc.d/a:3: " + path.replace(
            "/etc", "R/etc")], "errors")
        equal(edges(t, "d"), [("after", "a"), ("require", "e")], "d")


def test_cycle_of_before_and_follow():
    """A cycle over before and the order of plain scripts is one as well."""
    with Place({"10-a": PLAIN, "20-b": PLAIN, "30-c": PLAIN,
                "x": header("before 10-a", "after 20-b")}) as p:
        t = p.compile()
        equal(bad(t), ["10-a", "20-b", "x"], "bad")
        equal(t["10-a"]["fault"],
              "in a cycle: 10-a -> x (/etc/rc.d/x:2) -> 20-b (/etc/rc.d/x:3)"
              " -> 10-a (in order of names)", "path")


def test_needs_a_cycle():
    """Who requires a member of a cycle is BAD, who wants it is not."""
    with Place(a=header("after b"), b=header("after a"),
               c=header("require a"), d=header("require c"),
               e=header("want a")) as p:
        t = p.compile()
        equal(bad(t), ["a", "b", "c", "d"], "bad")
        equal(t["c"]["fault"], 'requires "a", which is in a cycle or needs '
              'one', "c")


def test_two_cycles():
    """Each member of a knot of cycles gets a cycle that it is in."""
    with Place(a=header("after b c"), b=header("after a"),
               c=header("after a"), x=header("after y"),
               y=header("after x")) as p:
        t = p.compile()
        equal(bad(t), ["a", "b", "c", "x", "y"], "bad")
        for name in "abcxy":
            assert " %s (" % name in t[name]["fault"], t[name]["fault"]
        equal(len(t.errors), 3, "messages")


def test_long_cycle():
    """A cycle of 1000 and a chain of 1000 are no matter."""
    chain = {"s%04d" % i: header("after s%04d" % ((i + 1) % 1000))
             for i in range(1000)}
    chain.update({"t%04d" % i: header("require t%04d" % (i + 1))
                  for i in range(1000)})
    chain["t1000"] = PLAIN
    with Place(chain) as p:
        t = p.compile()
        equal(len(bad(t)), 1000, "bad")
        assert t["s0500"]["fault"].endswith("s0000 (/etc/rc.d/s0999:2)")
        equal(edges(t, "t0000"), [("require", "t0001")], "t0000")


def test_conflict_with_required():
    """Who conflicts with what it requires is BAD, near or far."""
    with Place(a=header("require b", "conflict b"), b=PLAIN,
               c=header("require d", "conflict e"), d=header("require e"),
               e=PLAIN, f=header("require g"), g=header("conflict f")) as p:
        t = p.compile()
        equal(bad(t), ["a", "c", "f"], "bad")
        equal(t["a"]["fault"], 'conflicts with "b", which it requires', "a")
        equal(t["a"]["line"], 3, "line of a")
        equal(t["c"]["fault"], 'conflicts with "e", which it requires', "c")
        equal(t["f"]["fault"], 'requires "g", which conflicts with it '
              '(/etc/rc.d/g:2)', "f")


def test_providers_in_conflict():
    """Who requires two that exclude each other is BAD, they are not."""
    with Place(a=header("provide mta"), b=header("provide mta", "conflict a"),
               c=header("require mta"), d=header("want mta")) as p:
        t = p.compile()
        equal(bad(t), ["c"], "bad")
        equal(t["c"]["fault"], 'requires "b" and "a", which are in conflict '
              '(/etc/rc.d/b:3)', "fault")


def test_bad_ones_need_nothing():
    """A BAD row has no edges of its own, and no before of it counts."""
    with Place(a=header("require b", "before c", "nonsense"), b=PLAIN,
               c=header("want a")) as p:
        t = p.compile()
        equal(edges(t, "a"), [], "a")
        equal(edges(t, "c"), [("want", "a")], "c")
        equal(t["a"]["back"], [("want", "c")], "back")


def test_too_many_edges():
    """What has no room for its edges is BAD, the rest stays."""
    names = ["s%03d" % i for i in range(400)]
    one = header(*["after " + " ".join(names[k:k + 50])
                   for k in range(0, 400, 50)])
    many = {name: header("describe x") for name in names}
    many.update({"t%02d" % i: one for i in range(90)})
    with Place(many) as p:
        t = p.compile()
        equal(bad(t), ["t%02d" % i for i in range(81, 90)], "bad")
        equal(t["t81"]["fault"], "no room for its 400 edges: 32768 are the "
              "most in all", "fault")
        equal(sum(row["n_edges"] for row in t.rows), 81 * 400, "edges")


def test_too_many_services():
    """4096 services fit, the next ones are told and left out."""
    with Place({"s%04d" % i: PLAIN for i in range(4098)}) as p:
        t = p.compile()
        equal(len(t.rows), 4096, "rows")
        equal(bad(t), [], "bad")
        equal(t.errors, ["rcc: R/etc/rc.d/s%d: no room: 4096 services are "
                         "the most" % i for i in (4096, 4097)], "errors")


def test_table_is_full():
    """Past 4 MiB a service is BAD for want of room, and the table is sound."""
    with Place() as p:
        for i in range(1200):
            p.script("s%04d" % i, header("env A=%04d%s" % (i, "x" * 4000)))
        t = p.compile()
        assert len(t.data) <= 4 << 20, len(t.data)
        assert 100 < len(bad(t)) < 400, len(bad(t))
        equal(t[bad(t)[0]]["fault"], "no room in the table", "fault")
        equal(len(t.rows), 1200, "rows")


def test_random_graphs():
    """Random graphs against a slow and obvious search for cycles."""
    import random
    for seed in range(12):
        rnd = random.Random(seed)
        n = rnd.randrange(2, 40)
        want = {i: {rnd.randrange(n) for _ in range(rnd.randrange(3))} - {i}
                for i in range(n)}
        with Place({"s%02d" % i: header("describe x", *(
                ["after " + " ".join("s%02d" % k for k in want[i])]
                if want[i] else [])) for i in range(n)}) as p:
            t = p.compile()

        def reach(begin):
            seen, todo = set(), list(want[begin])
            while todo:
                one = todo.pop()
                if one not in seen:
                    seen.add(one)
                    todo += want[one]
            return seen
        cyclic = ["s%02d" % i for i in range(n) if i in reach(i)]
        equal(bad(t), cyclic, "seed %d" % seed)
