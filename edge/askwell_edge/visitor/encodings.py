"""Compressed forms of what is served: which the browser takes, each made once."""

import gzip

import brotli
from starlette.requests import Request
from starlette.responses import Response

BEST_FIRST = ("br", "gzip")


def accepted(request: Request) -> list[str]:
    """The compressed forms this browser takes, best first."""
    taken = set()
    for part in request.headers.get("accept-encoding", "").split(","):
        name, _, quality = part.strip().lower().partition(";")
        if quality.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000"):
            taken.add(name.strip())
    return [each for each in BEST_FIRST if each in taken]


def compressed(body: bytes) -> dict[str, bytes]:
    """The forms of `body` that are worth sending; `""` is as it is."""
    forms = {
        "br": brotli.compress(body),
        "gzip": gzip.compress(body, compresslevel=9, mtime=0),
    }
    return {"": body, **{name: each for name, each in forms.items() if len(each) < len(body)}}


def negotiated(
    request: Request, forms: dict[str, bytes], media_type: str, etag: str, cache_control: str
) -> Response:
    """The best of `forms` for this browser, or 304 when it has it already."""
    headers = {"ETag": etag, "Cache-Control": cache_control, "Vary": "Accept-Encoding"}
    if same_tag(request, etag):
        return Response(status_code=304, headers=headers)
    form = next((each for each in accepted(request) if each in forms), "")
    if form:
        headers["Content-Encoding"] = form
    return Response(forms[form], headers=headers, media_type=media_type)


def same_tag(request: Request, etag: str) -> bool:
    """Whether the browser holds this version (caches may have weakened the tag)."""
    held = request.headers.get("if-none-match", "")
    return etag in (each.strip().removeprefix("W/") for each in held.split(","))
