"""What a site pastes into its pages: the published two steps."""

# As published; a page's own expression takes the place of extRef.
REFERENCE_SNIPPET = (
    'if(typeof QSI === "undefined") {QSI = {};QSI.config = {externalReference: extRef};}'
)


def snippets(project_id: str, address: str) -> tuple[str, str]:
    """The reference above, then one asynchronous script tag; `address` is the edge's own."""
    return (
        f"<script>{REFERENCE_SNIPPET}</script>",
        f'<script async src="{address}/p/{project_id}.js"></script>',
    )
