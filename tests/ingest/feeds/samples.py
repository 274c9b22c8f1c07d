"""Feeds of every format, as publishers write them. All name the same two articles."""

ITEM_DATES = ["2025-11-21T10:00:00+00:00", "2025-11-20T08:30:00+00:00"]
URLS = ["https://news.example/a", "https://news.example/b?page=2"]
TITLES = ["Envoys meet & part", "Łódź hosts the talks"]

_RSS_ITEMS = """
<item><title>Envoys meet &amp; part</title><link>https://news.example/a</link>
  <pubDate>Fri, 21 Nov 2025 10:00:00 GMT</pubDate></item>
<item><title><![CDATA[Łódź <b>hosts</b> the talks]]></title><link>/b?page=2</link>
  <pubDate>Thu, 20 Nov 2025 10:30:00 +0200</pubDate></item>"""

RSS_2 = f"""<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/" xmlns:atom="http://www.w3.org/2005/Atom"><channel>
<title>The Example Times</title><link>https://news.example/</link><description>All</description><language>en-GB</language>
<atom:link rel="self" href="https://news.example/rss"/>{_RSS_ITEMS}</channel></rss>"""

RSS_091 = f"""<?xml version="1.0"?>
<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN"
  "http://my.netscape.com/publish/formats/rss-0.91.dtd">
<rss version="0.91"><channel><title>The Example Times</title><link>https://news.example/</link>
<description>d</description><language>en</language>{_RSS_ITEMS}</channel></rss>"""

RSS_1 = """<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
  xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="https://news.example/rss"><title>The Example Times</title><link>https://news.example/</link></channel>
<item rdf:about="https://news.example/a"><title>Envoys meet &amp; part</title><link>https://news.example/a</link>
  <dc:date>2025-11-21T10:00:00Z</dc:date></item>
<item rdf:about="https://news.example/b?page=2"><title>Łódź hosts the talks</title>
  <dc:date>2025-11-20T10:30:00+02:00</dc:date></item></rdf:RDF>"""

RSS_09 = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://my.netscape.com/rdf/simple/0.9/">
<channel><title>The Example Times</title><link>https://news.example/</link></channel>
<item><title>Envoys meet &amp; part</title><link>https://news.example/a</link></item>
<item><title>Łódź hosts the talks</title><link>https://news.example/b?page=2</link></item></rdf:RDF>"""

ATOM = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en" xml:base="https://news.example/">
<title type="html">The &lt;i&gt;Example&lt;/i&gt; Times</title><link rel="alternate" href="https://news.example/"/>
<link rel="self" href="/atom.xml"/>
<entry><id>tag:news.example,2025:1</id><title>Envoys meet &amp; part</title><updated>2025-11-22T00:00:00Z</updated>
  <link rel="enclosure" href="https://news.example/a.mp3"/><link rel="alternate" href="/a"/>
  <published>2025-11-21T10:00:00Z</published></entry>
<entry xml:lang="pl"><id>https://news.example/b?page=2</id>
  <title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">Łódź <b>hosts</b> the talks</div></title>
  <updated>2025-11-20T08:30:00Z</updated></entry></feed>"""

ATOM_03 = """<feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>The Example Times</title>
<link rel="alternate" type="text/html" href="https://news.example/"/>
<entry><title>Envoys meet &amp; part</title><link rel="alternate" type="text/html" href="https://news.example/a"/>
  <issued>2025-11-21T10:00:00Z</issued></entry>
<entry><title>Łódź hosts the talks</title><link rel="alternate" href="https://news.example/b?page=2"/>
  <issued>2025-11-20T10:30:00+02:00</issued></entry></feed>"""

JSON_FEED = """{"version": "https://jsonfeed.org/version/1.1", "title": "The Example Times", "language": "en",
"home_page_url": "https://news.example/", "items": [
{"id": "1", "url": "https://news.example/a", "title": "Envoys meet & part", "date_published": "2025-11-21T10:00:00Z"},
{"id": "https://news.example/b?page=2", "title": "Łódź hosts the talks",
"date_published": "2025-11-20T10:30:00+02:00"}]}"""

NEWS_SITEMAP = """<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"
  xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
<url><loc>https://news.example/a</loc><lastmod>2025-11-22</lastmod>
  <image:image><image:loc>https://news.example/a.jpg</image:loc><image:title>A picture</image:title></image:image>
  <news:news><news:publication><news:name>The Example Times</news:name><news:language>en</news:language>
  </news:publication><news:publication_date>2025-11-21T10:00:00Z</news:publication_date>
  <news:title>Envoys meet &amp; part</news:title></news:news></url>
<url><loc>https://news.example/b?page=2</loc><news:news>
  <news:publication_date>2025-11-20T08:30:00Z</news:publication_date>
  <news:title>Łódź hosts the talks</news:title></news:news></url></urlset>"""

SITEMAP_INDEX = """<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
<sitemap><loc>/old.xml</loc><lastmod>2020-01-01</lastmod></sitemap>
<sitemap><loc>/news.xml</loc><lastmod>2025-11-21</lastmod></sitemap>
<sitemap><loc>/undated.xml</loc></sitemap></sitemapindex>"""

PAGE = """<!doctype html><html><head><title>Press room</title><base href="https://news.example/"></head><body>
<nav><a href="/about">About us</a></nav><main>
<article><a href="/a"><img src="a.jpg" alt=""></a><h3><a href="/a#top">Envoys meet &amp; part</a></h3>
<time datetime="2025-11-21T10:00:00Z">yesterday</time></article>
<article><h3><a href="b?page=2">Łódź hosts the talks</a></h3></article>
<article><h3><a href="mailto:press@news.example">Write to us</a></h3></article></main></body></html>"""

DATED = {
    "rss 2.0": RSS_2,
    "rss 0.91": RSS_091,
    "rss 1.0": RSS_1,
    "atom": ATOM,
    "atom 0.3": ATOM_03,
    "json": JSON_FEED,
    "news sitemap": NEWS_SITEMAP,
}
ALL = {**DATED, "rss 0.9": RSS_09}
