"""The addresses that browsers and apps use; docs/wire.md section 6."""

from starlette.routing import BaseRoute, Route

from askwell_edge.visitor.assets import get_asset
from askwell_edge.visitor.beacons import post_beacons
from askwell_edge.visitor.bundle import get_bundle
from askwell_edge.visitor.claim import post_claim
from askwell_edge.visitor.decide import post_decide
from askwell_edge.visitor.door import page_route
from askwell_edge.visitor.frame import get_frame
from askwell_edge.visitor.loader import get_loader
from askwell_edge.visitor.snapshot import post_snapshot
from askwell_edge.visitor.start import get_start

routes: list[BaseRoute] = [
    page_route("/p/{project}.js", "GET", get_loader),
    page_route("/p/{project}/start.json", "GET", get_start),
    page_route("/p/{project}/snapshot", "POST", post_snapshot),
    page_route("/p/{project}/decide", "POST", post_decide),
    page_route("/p/{project}/claim", "POST", post_claim),
    page_route("/p/{project}/beacons", "POST", post_beacons),
    Route("/p/{project}/frame", get_frame),
    Route("/b/{hash}", get_bundle),
    Route("/a/{name}", get_asset),
]
