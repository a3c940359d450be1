"""Each key of the header: what it gives, and what it refuses."""

from place import Place, fault, header, row
from table import DEFAULT_MS
from tap import equal

EXEC = "/sbin/rcexec"
WAIT = "/sbin/rcwait"
RUN = "run /bin/app -x"


def wrapped(*options, name="svc", command=("/bin/app", "-x")):
    """-x: rcexec tells by a descriptor when a daemon has become its program."""
    tell = ["-x", "3"] if command[0] == "/bin/app" and "-1" not in options \
        else []
    return [EXEC, "-n", name, *options, *tell, "--", *command]


# (header lines, {column of the row: value})
GOOD = [
    (["describe  a b  c"], {"describe": "a b  c"}),
    (["describe caf\u00e9"], {"describe": "caf\u00e9"}),
    (["describe x"], {"type": "oneshot", "ready": "exit", "restart": "no",
                      "start": ["/etc/rc.d/svc", "start"],
                      "stop": ["/etc/rc.d/svc", "stop"], "reload": [],
                      "wait": [], "probe": [], "flags": set(),
                      "start_timeout_ms": DEFAULT_MS, "stop_signal": 15,
                      "stop_timeout_ms": DEFAULT_MS, "reload_signal": 0}),
    ([RUN], {"type": "daemon", "ready": "exec", "start": ["/bin/app", "-x"],
             "stop": [], "restart": "always", "restart_min_ms": 1000,
             "restart_max_ms": 60000, "restart_limit": 10,
             "restart_window_ms": 60000, "then": "slow", "flags": set(),
             "reload_signal": 1}),
    (["type oneshot", RUN], {"type": "oneshot", "ready": "exit", "stop": [],
                             "start": ["/bin/app", "-x"], "restart": "no"}),
    (["type daemon"], {"type": "daemon", "stop": [], "ready": "exec",
                       "start": ["/etc/rc.d/svc", "start"]}),
    (["type forking"], {"type": "forking", "ready": "exit",
                        "start": ["/etc/rc.d/svc", "start"],
                        "stop": ["/etc/rc.d/svc", "stop"],
                        "probe": [WAIT, "main", "-n", "svc"],
                        "flags": {"notify"}, "restart": "always"}),
    (["type forking", "pidfile /run/a.pid", "ready tcp=80"],
     {"probe": [WAIT, "main", "-n", "svc", "-p", "/run/a.pid", "tcp=80"],
      "ready": "probe"}),
    (["type forking", RUN], {"start": ["/bin/app", "-x"], "stop": []}),
    (["type target"], {"type": "target", "start": [], "stop": []}),
    (["run /bin/a 'b c' \"d e\" f\\ g '' \"\\\"\" '$x|'"],
     {"start": ["/bin/a", "b c", "d e", "f g", "", '"', "$x|"]}),
    (["run /bin/a " + "x " * 126], {"start": ["/bin/a"] + ["x"] * 126}),
    (["run /bin/%i 100%"], {"start": ["/bin/%i", "100%"]}),
    ([RUN, "ready exec"], {"ready": "exec"}),
    (["ready exit"], {"ready": "exit"}),
    ([RUN, "ready notify"], {"ready": "notify", "flags": {"notify"}}),
    ([RUN, "ready fd=3"], {"ready": "fd", "ready_fd": 3}),
    ([RUN, "ready fd=255"], {"ready_fd": 255}),
    ([RUN, "ready file=/run/x"], {"ready": "probe",
                                  "probe": [WAIT, "ready", "file=/run/x"]}),
    ([RUN, "ready unix=/run/s"], {"probe": [WAIT, "ready", "unix=/run/s"]}),
    ([RUN, "ready unix=@abs"], {"probe": [WAIT, "ready", "unix=@abs"]}),
    ([RUN, "ready tcp=65535"], {"probe": [WAIT, "ready", "tcp=65535"]}),
    ([RUN, "ready udp=1"], {"probe": [WAIT, "ready", "udp=1"]}),
    ([RUN, "ready check=/bin/c -a  'b'"],
     {"probe": [WAIT, "ready", "check=/bin/c -a  'b'"]}),
    (["wait dev=ttyUSB0 path=/a mount=/b time", "wait net=eth0"],
     {"wait": [WAIT, "for", "dev=ttyUSB0", "path=/a", "mount=/b", "time",
               "net=eth0"]}),
    (["wait dev=/dev/x net=default-route net=w,up net=w,carrier"
      " net=w,address"], {}),
    (["start-timeout 500ms"], {"start_timeout_ms": 500}),
    (["start-timeout 2m"], {"start_timeout_ms": 120000}),
    (["start-timeout 1h"], {"start_timeout_ms": 3600000}),
    (["start-timeout never"], {"start_timeout_ms": 0}),
    (["stop-timeout 7"], {"stop_timeout_ms": 7000}),
    (["stop-signal INT"], {"stop_signal": 2}),
    (["stop-signal SIGUSR1"], {"stop_signal": 10}),
    (["stop-signal 64"], {"stop_signal": 64}),
    (["stop-signal RTMIN+1"], {"stop_signal": 35}),
    ([RUN, "reload-signal USR2"], {"reload_signal": 12}),
    (["reload /bin/r 'x y'"], {"reload": ["/bin/r", "x y"],
                               "reload_signal": 0}),
    ([RUN, "restart no"], {"restart": "no"}),
    ([RUN, "restart on-failure"], {"restart": "on-failure",
                                   "restart_min_ms": 1000}),
    ([RUN, "restart always 500ms..30s, at most 5 in 2m, then reboot"],
     {"restart": "always", "restart_min_ms": 500, "restart_max_ms": 30000,
      "restart_limit": 5, "restart_window_ms": 120000, "then": "reboot"}),
    ([RUN, "restart always at most 3 in 10s then fail"],
     {"restart_limit": 3, "restart_window_ms": 10000, "then": "fail",
      "restart_max_ms": 60000}),
    ([RUN, "restart on-failure then rescue"], {"then": "rescue"}),
    ([RUN, "restart always 0..1"], {"restart_min_ms": 0,
                                    "restart_max_ms": 1000}),
    ([RUN, "watchdog 10s"], {"watchdog_ms": 10000, "flags":
                             {"notify", "wrapped"},
                             "start": wrapped("-w", "10000000")}),
    (["keyword nostart critical", "keyword firstboot"],
     {"flags": {"nostart", "critical", "firstboot", "wrapped"},
      "start": wrapped("-1", "/var/lib/tinyinit/firstboot/svc",
                       command=("/etc/rc.d/svc", "start"))}),
    ([RUN, "user app"], {"start": wrapped("-u", "1000", "-g", "1001", "-G",
                                          "20,29"), "flags": {"wrapped"}}),
    ([RUN, "user 1000"], {"start": wrapped("-u", "1000", "-g", "1001", "-G",
                                           "20,29")}),
    ([RUN, "user app:video"], {"start": wrapped("-u", "1000", "-g", "44",
                                                "-G", "20,29")}),
    ([RUN, "user 77:88"], {"start": wrapped("-u", "77", "-g", "88", "-G",
                                            "")}),
    ([RUN, "user nobody"], {"start": wrapped("-u", "65534", "-g", "65534",
                                             "-G", "")}),
    ([RUN, "groups audio 5", "user app"],
     {"start": wrapped("-u", "1000", "-g", "1001", "-G", "29,5")}),
    ([RUN, "user app", "groups none"],
     {"start": wrapped("-u", "1000", "-g", "1001", "-G", "")}),
    ([RUN, "groups audio"], {"start": wrapped("-G", "29")}),
    ([RUN, "umask 027"], {"start": wrapped("-m", "027")}),
    ([RUN, "chdir /a", "chroot /b"], {"start": wrapped("-d", "/a", "-r",
                                                       "/b")}),
    ([RUN, "env A=1 B='x y' C=\"\"", "env D=4"],
     {"start": wrapped("-e", "A=1", "-e", "B=x y", "-e", "C=", "-e",
                       "D=4")}),
    ([RUN, "env-file /e -/f"], {"start": wrapped("-E", "/e", "-E", "-/f")}),
    (["env A=1", "env-file /e", "user app", "reload /bin/r"],
     {"start": wrapped("-u", "1000", "-g", "1001", "-G", "20,29", "-e",
                       "A=1", "-E", "/e", command=("/etc/rc.d/svc",
                                                   "start")),
      "stop": wrapped("-e", "A=1", "-E", "/e",
                      command=("/etc/rc.d/svc", "stop")),
      "reload": wrapped("-e", "A=1", "-E", "/e", command=("/bin/r",))}),
    (["user app"], {"stop": ["/etc/rc.d/svc", "stop"]}),
    ([RUN, "nice -5"], {"start": wrapped("-N", "-5")}),
    ([RUN, "sched fifo:10"], {"start": wrapped("-s", "fifo:10")}),
    ([RUN, "sched batch"], {"start": wrapped("-s", "batch")}),
    ([RUN, "ionice idle"], {"start": wrapped("-i", "3")}),
    ([RUN, "ionice best-effort:7"], {"start": wrapped("-i", "2:7")}),
    ([RUN, "ionice realtime"], {"start": wrapped("-i", "1")}),
    ([RUN, "oom-score -1000"], {"start": wrapped("-o", "-1000")}),
    ([RUN, "limit nofile=256 memory=32M", "limit core=0:unlimited cpu=10:20"],
     {"start": wrapped("-l", "7=256", "-l", "9=33554432", "-l",
                       "4=0:unlimited", "-l", "0=10:20")}),
    ([RUN, "limit as=1G stack=64k"], {"start": wrapped(
        "-l", "9=1073741824", "-l", "3=65536")}),
    ([RUN, "caps none"], {"start": wrapped("-C", "0")}),
    ([RUN, "caps net_admin CAP_NET_RAW chown"],
     {"start": wrapped("-C", "3001")}),
    ([RUN, "caps net-bind-service"], {"start": wrapped("-C", "400")}),
    ([RUN, "no-new-privs yes"], {"start": wrapped("-P")}),
    ([RUN, "no-new-privs no"], {"start": ["/bin/app", "-x"]}),
    ([RUN, "tty ttyS0"], {"tty": "ttyS0", "start": ["/bin/app", "-x"]}),
    ([RUN, "tty /dev/pts/0"], {"tty": "pts/0"}),
    ([RUN, "cgroup memory.max=32M pids.max=50", "cgroup cpu.max='5 10'"],
     {"start": wrapped("-c", "memory.max=32M", "-c", "pids.max=50", "-c",
                       "cpu.max=5 10"), "flags": {"wrapped", "group"}}),
    # The block: blanks, comments and blank lines are part of it.
    (["\tdescribe\t x \t"], {"describe": "x"}),
]

# (header lines, "line:column" of the error, text or its beginning)
BAD = [
    (["describe x", "", ""], "3:3", '"#:" without a key'),
    (["reqire x"], "2:4", 'unknown key "reqire" (did you mean "require"?)'),
    (["Run /x"], "2:4", 'unknown key "Run" (did you mean "run"?)'),
    (["zzzzzz"], "2:4", 'unknown key "zzzzzz"'),
    (["stop /x"], "2:4", 'unknown key "stop"'),
    (["run /a", "run /b"], "3:4",
     '"run" a second time, the first is in line 2'),
    (["describe"], "2:4", '"describe" has no value'),
    (["require a/b"], "2:12", '"a/b" is not the name of a service'),
    (["want " + "x" * 256], "2:9", "a name of 256 bytes, 255 are the most"),
    (["after .x"], "2:10", '".x" is not the name'),
    (["type deamon"], "2:9",
     'unknown type "deamon" (did you mean "daemon"?)'),
    (["type daemon oneshot"], "2:16", '"type" takes one word'),
    (["run app"], "2:8", '"app" is not an absolute path'),
    (["run /bin/app $HOME"], "2:17", '"$" is for a shell'),
    (["run /bin/app \"$HOME\""], "2:18", '"$" is for a shell'),
    (["run /bin/app | cat"], "2:17", '"|" is for a shell'),
    (["run /bin/app > /dev/null"], "2:17", '">" is for a shell'),
    (["run /bin/app 2>&1"], "2:18", '">" is for a shell'),
    (["run /bin/app; x"], "2:16", '";" is for a shell'),
    (["run /bin/app `x`"], "2:17", '"`" is for a shell'),
    (["run /bin/app 'x"], "2:17", "a ' that does not end"),
    (["run /bin/app \"x"], "2:17", 'a " that does not end'),
    (["run /bin/app \\"], "2:17", "a backslash at the end of the line"),
    (["run /bin/a " + "x " * 127], "2:8", "128 words, 127 are the most"),
    ([RUN, "ready soon"], "3:10", 'unknown readiness "soon"'),
    ([RUN, "ready notfy"], "3:10",
     'unknown readiness "notfy" (did you mean "notify"?)'),
    ([RUN, "ready tpc=80"], "3:10", 'unknown readiness "tpc=80"'),
    ([RUN, "ready fd=2"], "3:13",
     '"2" is not a descriptor from 3 to 255'),
    ([RUN, "ready fd=256"], "3:13", '"256" is not a descriptor'),
    ([RUN, "ready fd="], "3:13", '"" is not a descriptor'),
    ([RUN, "ready tcp=0"], "3:14", '"0" is not a port from 1 to 65535'),
    ([RUN, "ready udp=65536"], "3:14", '"65536" is not a port'),
    ([RUN, "ready tcp=http"], "3:14", '"http" is not a port'),
    ([RUN, "ready file=x"], "3:15", '"x" is not an absolute path'),
    ([RUN, "ready unix=@"], "3:15", '"@" is not an absolute path'),
    ([RUN, "ready check="], "3:16", "check= without a command"),
    ([RUN, "ready file=/a b"], "3:18", '"ready" takes one word'),
    ([RUN, "ready exit"], "3", "a daemon is not ready when it exits"),
    (["ready exec"], "2", "a oneshot is ready when it has ended"),
    (["wait dve=x"], "2:9", 'unknown thing to wait for "dve=x"'),
    (["wait time tme"], "2:14",
     'unknown thing to wait for "tme" (did you mean "time"?)'),
    (["wait path=x"], "2:14", '"x" is not an absolute path'),
    (["wait dev="], "2:13", '"" is not a device below /dev'),
    (["wait dev=../x"], "2:13", '"../x" is not a device'),
    (["wait dev=/x"], "2:13", '"/x" is not a device'),
    (["wait net="], "2:9", '"" is not an interface'),
    (["wait net=abcdefghijklmnop"], "2:9", '"abcdefghijklmnop" is not an'),
    (["wait net=eth0,upp"], "2:18",
     'unknown state of an interface "upp" (did you mean "up"?)'),
    (["pidfile /x"], "2", '"pidfile" is for "type forking" only'),
    (["type forking", "pidfile x"], "3:12", '"x" is not an absolute path'),
    (["start-timeout x"], "2:18", '"x" is not a duration'),
    (["start-timeout 5 s"], "2:20", '"start-timeout" takes one word'),
    (["start-timeout -5"], "2:18", '"-5" is not a duration'),
    (["start-timeout 5d"], "2:18", '"5d" is not a duration'),
    (["start-timeout 99999999999"], "2:18", '"99999999999" is not a'),
    (["start-timeout 1194h"], "2:18", '"1194h" is not a duration'),
    (["stop-timeout x"], "2:17", '"x" is not a duration'),
    (["stop-signal TREM"], "2:16",
     'unknown signal "TREM" (did you mean "TERM"?)'),
    (["stop-signal 0"], "2:16", 'unknown signal "0"'),
    (["stop-signal 65"], "2:16", 'unknown signal "65"'),
    (["stop-signal RTMIN+31"], "2:16", 'unknown signal'),
    ([RUN, "reload r"], "3:11", '"r" is not an absolute path'),
    ([RUN, "reload /r", "reload-signal HUP"], "4",
     '"reload" or "reload-signal", not both'),
    ([RUN, "restart allways"], "3:12", 'unknown policy of restarts "allways"'
     ' (did you mean "always"?)'),
    ([RUN, "restart no 1s..2s"], "3:15", '"1s..2s" after "no"'),
    ([RUN, "restart always 5s..1s"], "3:19", '"5s..1s" is not two rising'),
    ([RUN, "restart always 1..x"], "3:19", '"1..x" is not two rising'),
    ([RUN, "restart always at 5"], "3:22", '"5" in place of "most"'),
    ([RUN, "restart always at most x in 5s"], "3:27",
     '"x" is not a number of starts'),
    ([RUN, "restart always at most 0 in 5s"], "3:27", '"0" is not a number'),
    ([RUN, "restart always at most 5 in"], "3:31", '"" is not a duration'),
    ([RUN, "restart always then sleep"], "3:24",
     'unknown consequence "sleep"'),
    ([RUN, "restart always then fail now"], "3:29", '"now" has no place'),
    ([RUN, "restart always often"], "3:19", '"often" has no place here'),
    ([RUN, "watchdog 0"], "3:13", '"0" is not a duration'),
    (["watchdog 5s"], "2", '"watchdog" is for a daemon'),
    (["keyword nostrat"], "2:12",
     'unknown keyword "nostrat" (did you mean "nostart"?)'),
    (["user ap"], "2:9", 'user "ap" does not exist in /etc/passwd'),
    (["user app:wheel"], "2:13", 'group "wheel" does not exist in'),
    (["user 4242"], "2:9", "user 4242 is not in /etc/passwd, so it needs a"),
    (["user 4294967295:0"], "2:9", 'user "4294967295" does not exist'),
    (["groups audio wheel"], "2:17", 'group "wheel" does not exist in'),
    (["umask 9"], "2:10", '"9" is not a umask from 0 to 0777'),
    (["umask 7777"], "2:10", '"7777" is not a umask'),
    (["chdir x"], "2:10", '"x" is not an absolute path'),
    (["chroot x"], "2:11", '"x" is not an absolute path'),
    (["env A"], "2:8", '"A" is not NAME=VALUE'),
    (["env A=1 2B=1"], "2:12", '"2B=1" is not NAME=VALUE'),
    (["env A=$B"], "2:10", '"$" is for a shell'),
    (["env-file x"], "2:13", '"x" is not an absolute path'),
    (["nice 20"], "2:9", '"20" is not a nice value from -20 to 19'),
    (["nice"], "2:4", '"nice" has no value'),
    (["sched fifo"], "2:10", 'unknown policy of scheduling "fifo"'),
    (["sched fifo:0"], "2:15", '"0" is not a priority from 1 to 99'),
    (["sched rr:100"], "2:13", '"100" is not a priority'),
    (["ionice idel"], "2:11", 'unknown class of I/O "idel"'),
    (["ionice idle:1"], "2:15", '"1": idle has no levels'),
    (["ionice realtime:8"], "2:19", '"8" is no level from 0 to 7'),
    (["oom-score 1001"], "2:14", '"1001" is not an OOM score'),
    (["limit nofiles=1"], "2:10",
     'unknown limit "nofiles" (did you mean "nofile"?)'),
    (["limit nofile"], "2:10", '"nofile" is not NAME=SOFT[:HARD]'),
    (["limit nofile=x"], "2:17", '"x" is not SOFT[:HARD]'),
    (["limit as=1 nofile=5:4"], "2:22", "the soft limit is above the hard"),
    (["limit nofile=99999999999999999999"], "2:17", '"9999'),
    (["limit as=9999999999G"], "2:13", '"9999999999G" is not'),
    (["caps net_adminn"], "2:9",
     'unknown capability "net_adminn" (did you mean "net_admin"?)'),
    (["no-new-privs maybe"], "2:17", '"maybe" is neither yes nor no'),
    (["tty ../sda"], "2:8", '"../sda" is not a terminal below /dev'),
    (["cgroup memory=1"], "2:11", '"memory=1" is not FILE=VALUE'),
    (["cgroup memory.max="], "2:11", '"memory.max=" is not FILE=VALUE'),
    (["cgroup ../a.b=1"], "2:11", '"../a.b=1" is not FILE=VALUE'),
    (["cgroup cgroup.kill=1"], "2:11", '"cgroup.kill" is tinyinit\'s own'),
    (["instance a"], "2:13", "instance is for a template"),
    (["type target", "run /x"], "3", 'a target runs nothing, so "run"'),
    (["type target", "user app"], "3", 'a target runs nothing, so "user"'),
    (["run /a\x01b"], "2:10", "a control character (0x01)"),
    (["describe a\r"], "2:14", "line ends in CR, as in a DOS text file"),
    (["describe " + "x" * 4096], "2:4097", "a line of 4108 bytes, 4096 are"),
    ([RUN] + ["env A=%s" % ("x" * 99)] * 64, "", "the start with all its"),
]


def test_good():
    """What a sound header gives."""
    for lines, want in GOOD:
        def one(lines=lines, want=want):
            got = row(*lines)
            for key, value in want.items():
                equal(got[key], value, key)
        yield "takes " + " / ".join(lines)[:60], one


def test_bad():
    """What a header is refused for."""
    for lines, place, text in BAD:
        def one(lines=lines, place=place, text=text):
            got = fault(*lines)
            equal(got[0], place, "place of %r" % got[1])
            assert got[1].startswith(text), got[1]
        yield "refuses " + ascii(" / ".join(lines)[:60]), one


def test_every_error_is_told():
    """Of two errors both are printed, and the first is the row's."""
    with Place(svc=header("nice 99", "user x", "nice 4")) as p:
        table = p.compile()
        equal(len(table.errors), 3, "errors")
        assert table["svc"]["fault"].startswith('"99"')
        equal(table["svc"]["line"], 2, "line")


def test_each_key_has_cases():
    """No key is without a good and a bad case."""
    import re
    import os
    from place import TOP
    with open(os.path.join(TOP, "init", "rcc", "key.c")) as one:
        keys = set(re.findall(r'\{ "([a-z-]+)", \w+,', one.read()))
    assert len(keys) == 37, sorted(keys)
    good = {x.split()[0] for lines, _ in GOOD for x in lines}
    bad = {x.split()[0] for lines, _, _ in BAD for x in lines if x}
    # Relations and templates have suites of their own.
    other = {"provide", "require", "want", "after", "before", "conflict",
             "instance"}
    equal(keys - good - other, set(), "keys without a good case")
    equal(keys - bad - other, set(), "keys without a bad case")
