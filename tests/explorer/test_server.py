"""The local server: what it refuses, what it computes, and that it stays alive."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from nudipole.catalogue import registry
from nudipole.errors import DomainError
from nudipole.explorer import server as servers
from nudipole.explorer import worker
from nudipole.explorer.jobs import Jobs

GEMMA = (registry.card_directory() / "gemma.toml").read_text(encoding="utf-8")
# a process that computes for minutes on any machine
SLOW = (sys.executable, "-c", "import time; time.sleep(300)")
REQUEST = {"toml": "", "flavor": "mu", "nature": "dirac", "preset": "default"}


@pytest.fixture(scope="module")
def server():
    with servers.Server(0, lambda token: f"<p>{token}</p>", Jobs(at_once=2, seconds=25.0)) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def ask(server, method, path, body=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    sent = {"Host": f"127.0.0.1:{server.port}"} | {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body, sent)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    kind = answer.getheader("Content-Type", "")
    return answer.status, json.loads(content) if kind.startswith("application/json") else content.decode()


def limit(server, toml, **changes):
    body = {
        "toml": toml,
        "flavor": "e",
        "nature": "dirac",
        "preset": "default",
        "job": str(time.monotonic_ns()),
    } | changes
    return post(server, "/api/limit", json.dumps(body))


def post(server, path, body, **headers):
    sent = {"Content_Type": "application/json", "X_Nudipole_Token": server.token} | headers
    return ask(server, "POST", path, body, **sent)


def message(answer):
    return " ".join(f"{fault['field']} {fault['message']}" for fault in answer[1]["errors"])


def test_the_page_and_a_card(server):
    assert ask(server, "GET", "/") == (200, f"<p>{server.token}</p>")
    assert ask(server, "GET", "/api/card?key=gemma") == (200, {"toml": GEMMA})
    assert ask(server, "GET", "/api/card?key=../../../etc/passwd")[0] == 404
    assert ask(server, "GET", "/anything")[0] == 404
    assert post(server, "/anything", "{}")[0] == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Host": "127.0.0.1"}, 421),
        ({"Host": ""}, 421),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec_Fetch_Site": "cross-site"}, 403),
        ({"Sec_Fetch_Site": "same-site"}, 403),
    ],
)
def test_other_sites_are_refused(server, headers, status):
    assert ask(server, "GET", "/", **headers)[0] == status
    assert post(server, "/api/limit", "{}", **headers)[0] == status


def test_only_its_own_page_computes(server):
    assert post(server, "/api/limit", "{}", X_Nudipole_Token="guess")[0] == 403
    assert post(server, "/api/limit", "{}", X_Nudipole_Token="é")[0] == 403
    assert post(server, "/api/limit", "{}", Content_Type="text/plain")[0] == 415
    origin = f"http://localhost:{server.port}"
    assert post(server, "/api/limit", "{}", Host=f"localhost:{server.port}", Origin=origin)[0] == 400


@pytest.mark.parametrize("body", ["", "[]", "{", "null", '{"toml": 1}', "[" * 50000, '{"toml": "x"}'])
def test_malformed_requests_are_refused(server, body):
    assert post(server, "/api/limit", body)[0] == 400


def test_ten_megabytes_are_refused_unread(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
        head = f"POST /api/limit HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nContent-Type: application/json\r\n"
        client.sendall(f"{head}X-Nudipole-Token: {server.token}\r\nContent-Length: 10000000\r\n\r\n".encode())
        assert b" 413 " in client.recv(200)
    assert ask(server, "GET", "/")[0] == 200


def test_lengths_that_are_none_are_refused(server):
    for length in ("-1", "x", "99999999999999999999", "٣"):
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
            head = f"POST /api/limit HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nContent-Type: application/json\r\n"
            client.sendall(f"{head}X-Nudipole-Token: {server.token}\r\nContent-Length: {length}\r\n\r\n".encode())
            assert b" 41" in client.recv(200)


def computed(toml, **changes):
    """The worker's answer, in this process."""
    return worker.answer({"toml": toml, "flavor": "e", "nature": "dirac", "preset": "default"} | changes)


def line_of(name):
    return next(line for line in GEMMA.splitlines() if line.startswith(name))


def test_an_edited_card_is_computed(server):
    allowed = float(line_of("allowed").split("=")[1].split("#")[0])
    status, found = limit(server, GEMMA.replace(line_of("allowed"), f"allowed = {4 * allowed}"))
    assert status == 200
    card = computed(GEMMA)
    assert card["title"] == found["title"]
    before, after = card["excluded"][0][0][0], found["excluded"][0][0][0]  # at 1 keV, where counts go as d^2
    assert after == pytest.approx(2.0 * before, rel=1e-4, abs=0)


@pytest.mark.parametrize(
    ("toml", "changes", "named"),
    [
        (GEMMA.replace("allowed", "alowed"), {}, "observation"),
        (GEMMA.replace("flux ", "flix "), {}, "source"),
        ("this is not TOML", {}, "line"),
        (GEMMA, {"flavor": "<script>"}, "flavor"),
        (GEMMA, {"preset": "nope"}, "preset"),
    ],
)
def test_errors_name_their_field(toml, changes, named):
    (fault, *_) = computed(toml, **changes)["errors"]
    assert named in f"{fault['field']} {fault['message']}"


def test_markup_in_a_title_stays_text_or_is_refused():
    found = computed(GEMMA.replace(line_of("title"), 'title = "<script>alert(1)</script>"'))
    assert "errors" in found or found["title"] == "<script>alert(1)</script>"  # JSON, which the page shows as text


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../../outside.csv", "~/x.csv", "a/../../b.csv", "C:\\\\x.csv", "\\\\\\\\host\\\\x"]
)
def test_no_file_of_the_machine_is_read(path):
    (fault,) = computed(GEMMA.replace("[observation]", f'[observation]\ntable = "{path}"'))["errors"]
    assert fault["field"] == "observation.table"
    assert "only name tables that nudipole ships" in fault["message"]


@pytest.mark.parametrize(
    "bomb",
    [
        "a = " + "[" * 3000 + "]" * 3000,
        "a = " + "9" * 5000,
        "x = [" + "1," * 30000 + "]",
        "\x00",
        "a = '''" + "x" * 60000,
    ],
    ids=["nested", "digits", "long", "nul", "open"],
)
def test_bombs_of_toml_are_errors(bomb):
    assert computed(bomb)["errors"]


def test_a_bomb_that_takes_the_reader_of_toml_half_a_minute_is_stopped():
    jobs = Jobs(seconds=4.0)
    bomb = "a" + ".a" * 30000 + " = 1"
    found = jobs.compute("bomb", {"toml": bomb, "flavor": "e", "nature": "dirac", "preset": "default"})
    assert "takes longer than 4 s" in found["errors"][0]["message"]
    assert not jobs._running


def test_memory_is_bounded():
    """A worker that asks for more than its share is refused by the system, and that is an answer."""
    code = "from nudipole.explorer import worker; worker.restrict(); bytearray(3 << 30)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "MemoryError" in ended.stderr


def test_a_card_that_takes_too_long_is_killed():
    jobs = Jobs(seconds=1.0, command=SLOW)
    found = jobs.compute("slow", REQUEST)
    assert "takes longer than 1 s" in found["errors"][0]["message"]
    assert not jobs._running


def test_a_computation_can_be_stopped():
    jobs = Jobs(seconds=60.0, command=SLOW)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(jobs.compute, "one", REQUEST)
        while not jobs._running:
            time.sleep(0.01)
        assert jobs.cancel("one")
        assert waiting.result(20.0)["errors"][0]["message"] == "stopped"


def test_more_than_may_wait_are_told_so():
    jobs = Jobs(at_once=1, waiting=0, seconds=60.0, command=SLOW)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(jobs.compute, "one", REQUEST)
        while not jobs._running:
            time.sleep(0.01)
        assert "busy" in jobs.compute("two", REQUEST)["errors"][0]["message"]
        jobs.cancel("one")
        assert first.result(20.0)["errors"][0]["message"] == "stopped"


def test_ten_clients_at_once_some_hostile(server):
    bad = GEMMA.replace("allowed", "alowed")
    cards = [GEMMA, bad, "nonsense", GEMMA, "a = " + "[" * 2000, GEMMA, bad, "x" * 60000, "", "\x00"]
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda card: limit(server, card), cards))
    for card, (status, found) in zip(cards, answers, strict=True):
        assert status == 200
        assert ("errors" in found) == (card is not GEMMA)
    assert ask(server, "GET", "/")[0] == 200
    assert not server.jobs._running


def test_a_client_that_says_nothing_hinders_nobody(server):
    idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(12)]
    try:
        assert ask(server, "GET", "/")[0] == 200
    finally:
        for client in idle:
            client.close()


def test_a_port_in_use_is_one_line(server):
    with pytest.raises(DomainError, match="cannot be used"):
        servers.Server(server.port, lambda token: "")
    with pytest.raises(DomainError, match="0 and 65535"):
        servers.Server(70000, lambda token: "")


def test_it_listens_at_this_machine_alone(server):
    assert server.server_address[0] == "127.0.0.1"


def test_errors_that_hold_several_are_taken_apart(tmp_path):
    class Several(ValueError):
        errors = (ValueError("target.material = 'x': must be one of"), ValueError("bad"))

    found = worker.faults(Several(), tmp_path / "card.toml")
    assert found[0] == {"field": "target.material", "message": "= 'x': must be one of"}
    assert found[1]["message"] == "bad"
