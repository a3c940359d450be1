"""Who waits for whom, on the way up and down; and relations that cannot be."""

import re

from machine import DOWN, Machine, daemon, recorder, service
from poll import stays, until
from tap import equal, within

RECORD = 'echo "${0##*/} $1" >>/order'


def job(*header):
    return service(*header, body=RECORD)


def broken(*header):
    return service(*header, body="exit 1")


def order(m, *names):
    """These stand in this order in /order, each once."""
    lines = m.lines("/order")
    at = [lines.index(n + " start") for n in names]
    equal(at, sorted(at), "the order of %s in %r" % (names, lines))


def test_parallel():
    """all that needs nothing starts at once, and a chain as soon as it can"""
    wait = 'echo "${0##*/} $1" >>/order\n[ "$1" = stop ] || read x </gate%s'
    with Machine(scripts={
            "a": service(body=wait % 1), "b": service(body=wait % 2),
            "c": service(body=wait % 2), "needs-a": job("require a"),
            "then": job("require needs-a"), "needs-b": job("require b")},
            files={"gate1": ("fifo", None, 0o600),
                   "gate2": ("fifo", None, 0o600)}) as m:
        equal(sorted(m.wait_lines("/order", 3)), ["a start", "b start",
                                                  "c start"], "at once")
        m.open_gate("/gate1")
        m.wait_lines("/order", 5)
        equal(m.lines("/order")[3:], ["needs-a start", "then start"],
              "the chain, while b hangs")
        gates = [m.open_gate("/gate2"), m.open_gate("/gate2")]
        equal(m.ready(), (6, 0), "services, failed")
        equal(len(gates), 2, "gates")


def test_kinds():
    """require, want, after and before all mean an order"""
    with Machine(scripts={
            "z1": job(), "y2": job("require z1"), "x3": job("want y2"),
            "w4": job("after x3"), "v5": job("after w4"),
            "a0": job("before z1")}) as m:
        equal(m.ready(), (6, 0), "services, failed")
        order(m, "a0", "z1", "y2", "x3", "w4", "v5")
        m.signal("USR2")
        m.ends_with(DOWN, 10)
        equal(m.lines("/order")[6:],
              [n + " stop" for n in ("v5", "w4", "x3", "y2", "z1", "a0")],
              "the way down")


def test_provide():
    """a name that two provide means both; a number in front is no part of it"""
    with Machine(scripts={
            "50-net": job(), "wifi": job("provide link"),
            "S20dhcp": job("provide link", "require net"),
            "user": job("require link"), "other": job("want dhcp")}) as m:
        equal(m.ready(), (5, 0), "services, failed")
        order(m, "50-net", "S20dhcp", "user")
        order(m, "wifi", "user")
        order(m, "S20dhcp", "other")


def test_failed():
    """a failure costs those that need it, and theirs, and nobody else"""
    with Machine(scripts={
            "bad": broken(), "r1": job("require bad"),
            "r2": job("require r1"), "w": job("want bad"),
            "a": job("after bad"), "after-r": job("after r1"),
            "free": job()}) as m:
        equal(m.ready(), (7, 3), "services, failed")
        equal(sorted(m.lines("/order")),
              ["a start", "after-r start", "free start", "w start"], "has run")
        m.con.must_have(r"^\[fail\] bad: exit 1 ")
        m.con.must_have(r"^\[fail\] r1: needs bad, which is not to be had$")
        m.con.must_have(r"^\[fail\] r2: needs r1, which is not to be had$")


def test_hung():
    """one that hangs is named after the patience, and holds its own only"""
    with Machine(scripts={
            "hung": daemon("hung", "ready notify"),
            "needs": job("require hung"), "wants": job("want hung"),
            "free": job(), "chain": job("require free")},
            words=["tinyinit.patience=1"]) as m:
        begin = m.clock()
        m.wait_lines("/order", 2)
        within(m.clock() - begin, 0, 0.9, "s until the others have run")
        m.con.expect(r"^tinyinit: hung: still starting after 1\d{3} ms, going on"
                     r"|^tinyinit: hung: still starting after 1 s", 10)
        m.ready()
        for name in ("needs", "wants"):
            until(lambda n=name: "tinyinit: %s: waits for hung" % n
                  in m.con.clean(), 5, name + " is told")
        m.shell()
        equal(sorted(m.lines("/order")), ["chain start", "free start"],
              "what has run")


def test_cycle():
    """a cycle is reported with its path, costs its members, and the rest boots"""
    with Machine(scripts={
            "a": job("require b"), "b": job("describe x", "require c"),
            "c": job("require a"), "needs": job("require b"),
            "free": job(), "wants": job("want c")}) as m:
        equal(m.ready()[0], 6, "services")
        text = m.con.clean()
        found = re.findall(r"^tinyinit: /etc/rc\.d/[abc]:\d+: .*cycle.*$", text,
                           re.M)
        assert found, "the cycle is told"
        for name in ("a", "b", "c"):
            assert re.search(r"\b%s\b" % name, found[0].partition("cycle")[2]) \
                or re.search(r"%s " % name, found[0]), found[0]
        equal(sorted(m.lines("/order")), ["free start", "wants start"],
              "what has run")
        m.con.must_have(r'^tinyinit: /etc/rc\.d/needs:2: requires "b", which is in'
                        " a cycle or needs one$")


def test_order_cycle():
    """a cycle of mere order, and one by before, are reported as well"""
    with Machine(scripts={
            "a": job("after b"), "b": job("before c", "after c"),
            "c": job(), "free": job()}) as m:
        m.ready()
        m.con.must_have(r"^tinyinit: /etc/rc\.d/[abc]:\d+: .*cycle")
        assert "free start" in m.lines("/order")


def test_wrong_names():
    """names that are missing, oneself, and bad keys cost their service only"""
    with Machine(scripts={
            "gone": job("require nosuch"), "self": job("require self"),
            "weak": job("want nosuch"), "key": job("reqire free"),
            "twice": job("type daemon", "type oneshot"),
            "value": job("stop-timeout soon"), "free": job()}) as m:
        equal(m.ready()[0], 7, "services")
        equal(sorted(m.lines("/order")), ["free start", "weak start"],
              "what has run")
        for line in (r'gone:2: requires "nosuch", which does not exist',
                     r'self:2: requires itself',
                     r'key:2: unknown key "reqire" \(did you mean "require"\?\)',
                     r'twice:3: \S.*', r'value:2: "soon" is not a duration'):
            m.con.must_have(r"^tinyinit: /etc/rc\.d/" + line)


def test_conflict():
    """two in conflict are never at the same time"""
    with Machine(scripts={
            "x": daemon("x", "conflict y"), "y": daemon("y"),
            "free": job()}) as m:
        m.ready()
        both = len(m.daemons("x")) + len(m.daemons("y"))
        assert both <= 1, "both run"
        assert "free start" in m.lines("/order")
        stays(lambda: len(m.daemons("x")) + len(m.daemons("y")) <= 1, 0.3,
              "one of them")


def test_required_conflict():
    """one that needs two that exclude each other is reported, the rest boots"""
    with Machine(scripts={
            "x": job("conflict y"), "y": job(), "both": job("require x y"),
            "free": job()}, words=["tinyinit.patience=1"]) as m:
        m.ready()
        m.con.must_have(r'^tinyinit: /etc/rc\.d/both\S*: requires "x" and "y", '
                        r"which are in conflict \(/etc/rc\.d/x:2\)$")
        assert "both start" not in m.lines("/order")
        assert "free start" in m.lines("/order")


def test_stop_order():
    """dependants first, in parallel, and one that hangs holds its own only"""
    slow = RECORD + '\n[ "$1" = start ] || read x </gate'
    with Machine(scripts={
            "base": job(), "hang": service("require base", "stop-timeout 1s",
                                           body=slow),
            "up": job("require base"), "top": job("require up"),
            "lone": job()}, files={"gate": ("fifo", None, 0o600)}) as m:
        equal(m.ready(), (5, 0), "services, failed")
        m.signal("USR2")
        m.con.expect(r"^tinyinit: hang: still stopping after", 10)
        m.ends_with(DOWN, 10)
        down = [x.split()[0] for x in m.lines("/order")[5:]]
        equal(down[-1], "base", "the last one of %r" % down)
        assert down.index("top") < down.index("up"), down
        equal(sorted(down), ["base", "hang", "lone", "top", "up"], "all")


def test_daemon_stop_order():
    """a daemon is told to end when what needs it has ended"""
    trap = ("trap 'echo %(n)s >>/order; exit 0' TERM\necho up >>/order\n"
            "while :; do /bin/sleep 100000 & wait; done")
    with Machine(scripts={
            n: service("type daemon", *need, body=trap % {"n": n})
            for n, need in (("a", ()), ("b", ("require a",)),
                            ("c", ("require b",)))}) as m:
        m.ready()
        m.wait_lines("/order", 3)
        m.signal("USR2")
        m.ends_with(DOWN, 10)
        equal(m.lines("/order")[3:], ["c", "b", "a"], "the way down")


def test_plain_between():
    """scripts without a header keep their order beside those that have one"""
    with Machine(scripts={
            "10-a": recorder(), "20-b": job("require 30-c"),
            "30-c": recorder(), "40-d": recorder(),
            "15-e": job("before 10-a")}) as m:
        equal(m.ready(), (5, 0), "services, failed")
        order(m, "15-e", "10-a", "30-c", "40-d")
        order(m, "30-c", "20-b")


def test_chain():
    """a chain of a thousand works, up and down"""
    scripts = {"s%04d" % n: service(
        *(["require s%04d" % (n - 1)] if n else []), "type target")
        for n in range(1000)}
    scripts["s0000"] = job()
    scripts["last"] = job("require s0999")
    with Machine(scripts=scripts) as m:
        equal(m.ready(60), (1001, 0), "services, failed")
        equal(m.lines("/order"), ["s0000 start", "last start"], "the order")
        m.signal("USR2")
        m.ends_with(DOWN, 20)
        equal(m.lines("/order")[2:], ["last stop", "s0000 stop"], "down")
