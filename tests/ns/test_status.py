"""tinyctl status: what PID 1 knows of its services, without being asked."""

import re

from machine import Machine
from tap import equal

SCRIPTS = {
    "daemon": "#!/bin/sh\n#: describe  sleeps\n#: run  /bin/sleep 100000\n",
    "fails": "#!/bin/sh\nexit 3\n",
    "needs": "#!/bin/sh\n#: require  fails\n:\n",
    "wrong": "#!/bin/sh\n#: reqire  daemon\n:\n",
}


LINE = re.compile(r"\S+ +(\S+) +(\S+) +(SINCE|-|\d+ m?s) *(.*)$")


def rows(m, *names):
    """The table as {name: [state, pid, since, text]}."""
    found = {}
    for line in m.inside("/sbin/tinyctl", "status", *names,
                         check=False).splitlines():
        found.update({line.split()[0]: list(LINE.match(line).groups())})
    return found


def test_table():
    """every service has its line: state, pid, since when, and why"""
    with Machine(scripts=SCRIPTS) as m:
        m.ready()
        table = rows(m)
        equal(sorted(table), ["NAME", *sorted(SCRIPTS)], "the lines")
        equal([table["daemon"][0], table["daemon"][3]], ["up", "sleeps"],
              "the daemon")
        m.inside("/bin/kill", "-0", table["daemon"][1])
        equal([table["fails"][0], table["fails"][3]], ["failed", "exit 3"],
              "the one that failed")
        equal(table["needs"][0], "down", "the one that needs it")
        equal([table["wrong"][0], table["wrong"][3]],
              ["BAD", '/etc/rc.d/wrong:2: unknown key "reqire" '
                      '(did you mean "require"?)'], "the one that is wrong")


def test_one():
    """of one service the exit status says whether it is up"""
    with Machine(scripts=SCRIPTS) as m:
        m.ready()
        for name, want in (("daemon", 0), ("fails", 3), ("nobody", 4)):
            out = m.inside("/bin/sh", "-c",
                           "tinyctl status %s; echo =$?" % name)
            equal(out.splitlines()[-1], "=%d" % want, name)


def test_reloaded():
    """after a reload it is the new table that is shown"""
    with Machine(scripts=SCRIPTS) as m:
        m.ready()
        m.inside("/bin/sh", "-c", "echo '#!/bin/sh' >/etc/rc.d/added; "
                 "chmod +x /etc/rc.d/added; rm /etc/rc.d/wrong")
        m.signal("HUP")
        m.con.expect(r"^tinyinit: reloaded: ", 20)
        equal(sorted(rows(m)), ["NAME", "added", "daemon", "fails", "needs"],
              "the lines")

