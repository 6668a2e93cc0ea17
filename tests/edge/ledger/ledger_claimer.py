"""One process of several that claim for the same contacts at once; prints whom it was granted."""

import asyncio
import json
import sys
from dataclasses import replace

from askwell_edge.ledger.claims import Granted, Wanted, claim, claim_names
from askwell_edge.settings import read_settings
from askwell_edge.store.engine import open_store
from askwell_edge.store.ids import new_id


async def main() -> None:
    """Claim four times for each contact, all at the same moment, after a word on the input."""
    url, directory_id, intercept_id, contact_ids, now, turn = json.loads(sys.argv[1])
    store = await open_store(read_settings({"ASKWELL_DATABASE_URL": url}))
    about = Wanted("", intercept_id, None, directory_id, "")

    async def one(contact_id: str) -> str | None:
        wanted = replace(about, page_view_id=new_id("PV"), contact_id=contact_id)
        names = claim_names(wanted)
        outcome = await store.writer.submit(lambda conn: claim(conn, wanted, now), holding=names)
        return contact_id if isinstance(outcome, Granted) else None

    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    # Each process in another order, so that their locks meet crosswise.
    order = (contact_ids[turn:] + contact_ids[:turn])[:: -1 if turn % 2 else 1] * 4
    granted = await asyncio.gather(*(one(each) for each in order))
    print(json.dumps([each for each in granted if each]))
    await store.close()


asyncio.run(main())
