"""What the demo prints, how it stops, and that it starts again with what it had."""

import re
import signal
import urllib.request

from demo_shop import start


def test_it_prints_the_way_in_stops_cleanly_and_starts_again(tmp_path):
    first = start(tmp_path)
    said = "".join(first.printed)
    for path in ("?ref=U-1", "?ref=U-2", "?ref=X-9", "", "new"):
        assert re.search(rf"{first.origin}/demo/{re.escape(path)}\s", said)
    assert f"{first.origin}/console/" in said
    email, password = first.line("login")
    assert email == "demo@example.com"
    assert len(password) >= 12
    assert [each["extRef"] for each in first.contacts("U-1")] == ["U-1"]
    first.process.send_signal(signal.SIGINT)
    _, complaints = first.process.communicate(timeout=20)
    assert first.process.returncode == 0
    assert "Traceback" not in complaints

    second = start(tmp_path)
    try:
        assert second.line("login") == [email, password]
        assert second.line("API token") == first.line("API token")
        with urllib.request.urlopen(second.origin, timeout=10) as page:
            assert page.url == f"{second.origin}/demo/?ref=U-1"
    finally:
        second.process.send_signal(signal.SIGINT)
        second.process.communicate(timeout=20)
    assert second.process.returncode == 0
