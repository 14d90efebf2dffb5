"""XML from outside, read strictly: one parser and one limit of depth for all formats.

Nothing is fetched, no entity is resolved, nothing broken is repaired. Who uses it refuses any DOCTYPE before.
"""

from __future__ import annotations

from lxml import etree  # type: ignore[import-untyped]

DEPTH_LIMIT = 64
STRICT = etree.XMLParser(
    resolve_entities=False,
    no_network=True,
    load_dtd=False,
    dtd_validation=False,
    huge_tree=False,
    recover=False,
    remove_comments=True,
    remove_pis=True,
    collect_ids=False,
)
is_too_deep = etree.XPath("boolean(/" + "*/" * DEPTH_LIMIT + "*)")
