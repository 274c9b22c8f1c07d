"""Lists of feeds as other programs keep them (OPML 2.0)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lxml import etree

from peacetracker.ingest.feeds.items import BadFeed, absolute, plain
from peacetracker.ingest.feeds.xmlfeed import local_name, parse_xml

NAMESPACE = "urn:peacetracker:opml"  # OPML allows attributes of other namespaces; other programs pass over ours
_OURS = {"kind": f"{{{NAMESPACE}}}kind", "selector": f"{{{NAMESPACE}}}selector", "general": f"{{{NAMESPACE}}}general"}


@dataclass(frozen=True)
class Subscription:
    """A feed of a list."""

    url: str
    source: str = ""  # who publishes it
    homepage: str = ""
    kind: str = "rss"
    selector: str = ""
    general: bool = True


def read(body: bytes) -> list[Subscription]:
    """The feeds of a list, whatever its folders, each address once. Raises BadFeed."""
    root = parse_xml(body)
    if root is None or local_name(root) != "opml":
        raise BadFeed("it is not an OPML file")
    found = (_subscription(outline) for outline in root.iter() if local_name(outline) == "outline")
    return list({each.url: each for each in found if each}.values())


def _subscription(outline: etree._Element) -> Subscription | None:
    values = {name.lower(): value for name, value in outline.attrib.items() if not name.startswith("{")}
    url = absolute(values.get("xmlurl"), "")
    if not url:
        return None
    homepage = absolute(values.get("htmlurl"), "")
    return Subscription(
        url=url,
        source=plain(values.get("title") or values.get("text"))[:200],
        homepage=homepage if len(homepage) <= 500 else "",
        kind=outline.get(_OURS["kind"]) or "rss",
        selector=outline.get(_OURS["selector"], ""),
        general=outline.get(_OURS["general"]) != "false",
    )


def write(title: str, feeds: Iterable[Subscription]) -> bytes:
    """A list that other programs read too; what only we know of a feed stands in attributes of our own."""
    root = etree.Element("opml", {"version": "2.0"}, nsmap={"peacetracker": NAMESPACE})
    etree.SubElement(etree.SubElement(root, "head"), "title").text = title
    body = etree.SubElement(root, "body")
    for feed in feeds:
        values = {"type": "rss", "text": feed.source, "title": feed.source, "xmlUrl": feed.url}
        values |= {"htmlUrl": feed.homepage} if feed.homepage else {}
        values |= {_OURS["kind"]: feed.kind} if feed.kind != "rss" else {}
        values |= {_OURS["selector"]: feed.selector} if feed.selector else {}
        values |= {} if feed.general else {_OURS["general"]: "false"}
        etree.SubElement(body, "outline", values)
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return written
