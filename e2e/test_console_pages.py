"""Every page that a link of the console leads to: what axe says, and what has room on a phone."""

import re
import urllib.request
from pathlib import Path
from typing import Any

from axe import violations
from console_tab import PHONE, Console
from shop_site import Shop

DESKTOP: Any = {"width": 1280, "height": 900}
# How a page is looked at, and which of axe's rules that can matter to: all, or those about colours.
LOOKS: list[Any] = [
    (DESKTOP, "light", None),
    (DESKTOP, "dark", ["color-contrast"]),
    (PHONE, "light", ["color-contrast"]),
    (PHONE, "dark", None),
]
CUT = (Path(__file__).with_name("cut.js")).read_text()
DRAWN = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
LONG = "Quarterly satisfaction among returning customers of the northern region"
# The longest choice of each kind, one after the other, as somebody may choose it.
LONGEST = """() => {
  for (const each of document.querySelectorAll("main select")) {
    const lengths = [...each.options].map((option) => option.disabled ? 0 : option.text.length);
    each.selectedIndex = lengths.indexOf(Math.max(...lengths));
    each.dispatchEvent(new Event("change", { bubbles: true }));
  }
}"""


def fill(shop: Shop) -> None:
    """Long names and some of everything, so that pages are as full as they become."""
    for n in range(4):
        person = {"firstName": f"Wolfeschlegelsteinhausen{n}", "lastName": "Bergerdorff-Hohenstein"}
        address = f"somebody.with.a.long.address.{n // 2}@subdomain.example-company.com"
        data = {"tier": "gold", LONG[:40]: LONG}
        shop.contact(f"customer-reference-{n:030}", email=address, embeddedData=data, **person)
    for n, name in enumerate(("Katherine", "Katharine", "Kathrine")):
        shop.contact(f"U-1{n}", firstName=name, lastName="Jonson", email=f"k{n}@example.com")
    ids = [each["contactId"] for each in shop.directory("GET", "/contacts")["elements"]]
    shop.directory("POST", "/distinctcontacts", {"contactIds": ids[:2]})
    rules = [{"fields": [name], "enabled": True} for name in ("extRef", "email")]
    shop.directory("PUT", "/identityrules", {"rules": rules})
    shop.directory("POST", "/merges", {})
    list_id = shop.directory("POST", "/mailinglists", {"name": LONG})["id"]
    shop.directory(
        "POST", f"/mailinglists/{list_id}/contacts", {"extRef": "U-20", "firstName": "Bo"}
    )
    limits = [{"max": 1, "windowSeconds": 86_400}]
    rule = {"scope": "list", "mailingListId": list_id, "limits": limits}
    shop.directory("POST", "/frequencyrules", rule)
    criteria = {"field": "embeddedData.tier", "cmp": "eq", "value": "gold"}
    late = {"field": "activity.lastDisplayedAt", "cmp": "notWithinLastDays", "value": 30}
    for name, which in ((f"{LONG} 1", criteria), (f"{LONG} 2", {"op": "or", "items": [late]})):
        shop.directory("POST", "/segments", {"name": name, "criteria": which})
    table = "ExternalDataReference,Email\n" + "".join(f"X-{n},no address {n}\n" for n in range(9))
    edge, here = (
        shop.edge,
        f"/directories/{shop.directory_id}/imports?name={LONG.replace(' ', '-')}",
    )
    sent = urllib.request.Request(
        f"http://127.0.0.1:{edge.port}/API/v3{here}",
        data=table.encode(),
        headers={"X-API-TOKEN": edge.token, "Content-Type": "text/csv"},
    )
    urllib.request.urlopen(sent).close()
    shop.intercept(linked=True, condition=[{"kind": "url", "cmp": "contains", "value": f"/{LONG}"}])
    shop.call("PUT", "", {"name": LONG})
    for path in ("/tokens", "/clients"):
        shop.edge.api("POST", path, {"name": LONG, "scopes": ["read:directories"]})
    address = f"{shop.name.replace(' ', '.')}.{'long.' * 8}address@subdomain.example-company.com"
    shop.edge.api("POST", "/operators", {"email": address, "name": LONG})


def test_axe_finds_nothing_and_nothing_is_cut_on_a_phone(console: Console, shop: Shop) -> None:
    """Wide and narrow, in light and in dark; also what is chosen in each list, whichever it is."""
    fill(shop)
    contact_id = shop.contacts()[0]["contactId"]
    page = console.page
    here = f"/directories/{shop.directory_id}"
    ask = f"/why?project={shop.project_id}&contact={contact_id}&url=http://shop.test/"
    waiting = ["/", f"{here}/contacts", f"{here}/lists", ask, f"{here}/merges?since=all"]
    found: dict[str, Any] = {}
    seen: set[str] = set()
    while waiting:
        path = waiting.pop()
        kind = re.sub(
            r"(POOL|ZN|SI|SG|CG|CID|CR|FR|OP|MG|MR|IM|AS)_\w+", r"\1", path.partition("?")[0]
        )
        if kind in seen or ("/audit" in kind and "/audit" in seen):
            continue
        seen.add(kind)
        console.open(path)
        page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
        for size, scheme, rules in LOOKS:
            page.set_viewport_size(size)
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            if problems := violations(page, rules):
                found[f"{path} {scheme} {size['width']}"] = problems
            if cut := page.evaluate(CUT):
                found[f"{path} {size['width']} is cut"] = cut
        page.evaluate(LONGEST)
        page.evaluate(DRAWN)  # which are cut is seen then
        if cut := page.evaluate(CUT):
            found[f"{path} with the longest choices is cut"] = cut
        links = page.locator(
            'main a[href^="/console"]:not([download]), nav a[href^="/console"]'
        ).all()
        addresses = [link.get_attribute("href") or "" for link in links]
        waiting += [
            each.removeprefix("/console")
            for each in addresses
            if shop.directory_id in each or shop.project_id in each or "POOL" not in each
        ]
    assert found == {}
    assert len(seen) >= 25, sorted(seen)
