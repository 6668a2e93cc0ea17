"""An import, a rebuild, a merge and its undoing that are killed go on when the edge is back."""

import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import Any

import httpx2
from program import done, start, stop

PAIRS = 1500
PEOPLE = 9000


class Program:
    """A serving edge that can be killed and started again."""

    def __init__(self, folder: Path, pool: str, token: str) -> None:
        self._folder = folder
        self._pool = pool
        self._client = httpx2.Client(headers={"X-API-TOKEN": token})
        self._running, self._address = self._start()

    def _start(self) -> tuple[subprocess.Popen[str], str]:
        running, lines = start(
            self._folder, "serve", ASKWELL_UPKEEP_S="0.1", ASKWELL_LOG_LEVEL="warning"
        )
        return running, lines[-1].removeprefix("ready ")

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        address = f"{self._address}API/v3/directories/{self._pool}{path}"
        answer = self._client.request(method, address, json=body, timeout=20)
        assert answer.status_code == 200, answer.text
        return answer.json().get("result")

    @contextmanager
    def beside(self, path: str, body: Any = None) -> Iterator[None]:
        """This is asked for meanwhile; a kill may take its answer."""

        def ask() -> None:
            with suppress(httpx2.TransportError):
                self.ask("POST", path, body)

        asking = Thread(target=ask)
        asking.start()
        yield
        asking.join()

    def kill(self) -> None:
        self._running.send_signal(signal.SIGKILL)
        self._running.wait()
        assert self._running.stdout is not None
        self._running.stdout.close()
        self._running, self._address = self._start()

    def end(self) -> None:
        self._client.close()
        assert stop(self._running) == 0


def wait(look: Callable[[], Any], until: Callable[[Any], bool]) -> Any:
    """What is seen once it is so; for as long as it goes on changing."""
    last, end = None, time.monotonic() + 60
    while time.monotonic() < end:
        found = look()
        if until(found):
            return found
        if found != last:
            last, end = found, time.monotonic() + 60
        time.sleep(0.01)
    raise AssertionError(last)


def begun(tmp_path: Path) -> Program:
    """A serving edge as `init` made it."""
    said = done(tmp_path, "init", "--origin", "https://shop.example")
    token, pool = re.search(r"ask_\S+", said), re.search(r"POOL_\w{15}", said)
    assert token is not None
    assert pool is not None
    return Program(tmp_path / "data", pool[0], token[0])


def test_a_kill_in_an_import_of_contacts_loses_nothing_and_repeats_nothing(tmp_path: Path) -> None:
    program = begun(tmp_path)
    try:
        program.ask("PUT", "/identityrules", {"rules": [{"fields": ["extRef"]}]})
        list_id = program.ask("POST", "/mailinglists", {"name": "News"})["id"]
        batch = program.ask("POST", "/transactionbatches", {})["id"]
        here = f"/mailinglists/{list_id}/transactioncontacts"
        people = [{"extRef": f"U-{n}", "transactionData": {"n": n}} for n in range(PEOPLE)]
        body = {"contacts": people, "transactionMeta": {"batchId": batch}}
        first = program.ask("POST", here, body)["id"]
        second = program.ask("POST", here, {"contacts": [{"extRef": "U-0", "lastName": "Roe"}]})
        cut = wait(
            lambda: program.ask("GET", f"{here}/{first}"),
            lambda each: each["transactions"]["count"]["created"] > 0,
        )
        program.kill()
        assert cut["status"] == "inProgress"
        assert program.ask("POST", here, body)["id"] == first, "the answer may have been lost"
        found = wait(
            lambda: program.ask("GET", f"{here}/{first}"),
            lambda each: each["status"] == "complete",
        )
        assert found["contacts"]["count"] == {"added": PEOPLE, "updated": 0, "failed": 0}
        assert found["transactions"]["count"]["created"] == PEOPLE
        wait(
            lambda: program.ask("GET", f"{here}/{second['id']}"),
            lambda each: each["status"] == "complete",
        )
        inside: list[Any] = []
        page = program.ask("GET", f"/transactionbatches/{batch}/transactions?pageSize=1000")
        while page["nextPage"]:
            inside += page["elements"]
            path = page["nextPage"].partition("/directories/")[2].partition("/")[2]
            page = program.ask("GET", f"/{path}")
        inside += page["elements"]
        assert sorted(int(each["data"]["n"]) for each in inside) == list(range(PEOPLE))
        assert program.ask("GET", "")["contactCount"] == PEOPLE
    finally:
        program.end()


def test_a_kill_in_a_rebuild_a_merge_and_its_undoing_loses_nothing(tmp_path: Path) -> None:
    program = begun(tmp_path)
    try:
        # Two for each reference: without rules nobody is anybody else.
        program.ask("PUT", "/identityrules", {"rules": []})
        table = tmp_path / "people.csv"
        names = [f"U-{n},P\n" for n in range(PAIRS)] * 2
        table.write_text("ExternalDataReference,LastName\n" + "".join(names))
        done(tmp_path, "import", str(table))
        criteria = {"field": "lastName", "cmp": "eq", "value": "p"}
        made = program.ask("POST", "/segments", {"name": "All", "criteria": criteria})["id"]
        program.kill()  # it is being built, or about to be
        built = wait(
            lambda: program.ask("GET", f"/segments/{made}"), lambda each: each["status"] == "ready"
        )
        assert built["memberCount"] == 2 * PAIRS
        program.ask("PUT", "/identityrules", {"rules": [{"fields": ["extRef"]}]})
        with program.beside("/merges", {}):
            [run] = wait(
                lambda: program.ask("GET", "/mergeruns")["elements"],
                lambda runs: runs and runs[0]["merged"] > 0,
            )
            program.kill()
        assert run["merged"] < PAIRS
        found = wait(
            lambda: program.ask("GET", "/mergeruns")["elements"][0],
            lambda each: each["state"] == "finished",
        )
        assert (found["id"], found["found"], found["merged"]) == (run["id"], PAIRS, PAIRS)
        assert program.ask("GET", "")["contactCount"] == PAIRS
        counted = wait(
            lambda: program.ask("GET", f"/segments/{made}"),
            lambda each: each["memberCount"] == PAIRS,
        )
        assert counted["status"] == "ready"
        here = f"/mergeruns/{run['id']}/undo"
        with program.beside(here):
            undo = wait(lambda: program.ask("GET", here), lambda each: each["undone"] > 0)
            program.kill()
        assert undo["undone"] < PAIRS
        told = wait(lambda: program.ask("GET", here), lambda each: each["state"] == "finished")
        assert (told["undone"], told["left"], told["refused"]) == (PAIRS, 0, {})
        assert program.ask("GET", "")["contactCount"] == 2 * PAIRS
        wait(
            lambda: program.ask("GET", f"/segments/{made}"),
            lambda each: each["memberCount"] == 2 * PAIRS,
        )
    finally:
        program.end()
