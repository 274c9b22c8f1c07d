"""Draw the states' shapes anew from Natural Earth; run by hand when they change, never by the site.

    npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
    cd peacetracker/dashboard/shapes
    uv run --with pycountry python -m peacetracker.dashboard.shapes.draw package > shapes.json

The shapes are those of 1:110m; states too small for it get a marker where 1:10m has them. The projection is Equal
Earth (Šavrič, Patterson, Jenny: The Equal Earth map projection, 2018), so that areas compare.
"""

from __future__ import annotations

import itertools
import json
import math
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from peacetracker.actors.regions import ELSEWHERE, region_of

Point = tuple[float, float]
Ring = list[Point]

WIDTH = 10_000  # units; whole numbers are exact enough
NORTH, SOUTH = 84.0, -57.0  # degrees shown
_A = 1.340264, -0.081106, 0.000893, 0.003796
# Natural Earth draws by who holds a place. The General Assembly's resolution 68/262 has Crimea as Ukraine's, and its
# members' list has no Northern Cyprus and no Somaliland; Kosovo has no ISO number.
_NAMED = {"N. Cyprus": "CYP", "Somaliland": "SOM", "Kosovo": "XKX"}
_CRIMEA = (32.0, 44.0, 37.0, 46.5)


def project(lon: float, lat: float) -> Point:
    a1, a2, a3, a4 = _A
    theta = math.asin(math.sqrt(3) / 2 * math.sin(math.radians(lat)))
    squared = theta * theta
    slope = 9 * a4 * squared**4 + 7 * a3 * squared**3 + 3 * a2 * squared + a1
    x = 2 * math.sqrt(3) * math.radians(lon) * math.cos(theta) / (3 * slope)
    y = theta * (a4 * squared**4 + a3 * squared**3 + a2 * squared + a1)
    return x, y


_SCALE = WIDTH / (2 * project(180, 0)[0])
_TOP = project(0, NORTH)[1]
HEIGHT = round((_TOP - project(0, SOUTH)[1]) * _SCALE)


def place(lon: float, lat: float) -> Point:
    """Where a place lies on the map, from its upper left corner."""
    x, y = project(lon, max(lat, SOUTH - 5))
    return x * _SCALE + WIDTH / 2, (_TOP - y) * _SCALE


def read(path: Path) -> Iterator[tuple[str, list[list[Ring]]]]:
    """Each country's ISO code, or nothing, and its polygons of rings of degrees (TopoJSON 1.0)."""
    import pycountry

    topology = json.loads(path.read_text())
    arcs = list(_arcs(topology))
    for geometry in topology["objects"]["countries"]["geometries"]:
        country = pycountry.countries.get(numeric=geometry.get("id", ""))
        code = country.alpha_3 if country else _NAMED.get(geometry["properties"]["name"], "")
        polygons = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
        rings = [[_ring(arcs, indices) for indices in polygon] for polygon in polygons]
        yield code, [part for polygon in rings for part in cut(polygon)]


def _arcs(topology: dict[str, Any]) -> Iterator[Ring]:
    (sx, sy), (tx, ty) = topology["transform"]["scale"], topology["transform"]["translate"]
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append((x * sx + tx, y * sy + ty))
        yield points


def _ring(arcs: list[Ring], indices: list[int]) -> Ring:
    ring: Ring = []
    for index in indices:
        arc = arcs[index] if index >= 0 else arcs[~index][::-1]
        ring += arc[1:] if ring else arc
    return ring


def cut(polygon: list[Ring]) -> Iterator[list[Ring]]:
    """A polygon as it is, or the parts of one that crosses the antimeridian."""
    unrolled = [_unrolled(ring) for ring in polygon]
    for turn in (-360, 0, 360):
        shifted = [[(lon + turn, lat) for lon, lat in ring] for ring in unrolled]
        part = [ring for ring in (_clip(_clip(ring, -180, 1), 180, -1) for ring in shifted) if ring]
        if part:
            yield part


def _unrolled(ring: Ring) -> Ring:
    """With longitudes that run on beyond 180° instead of jumping."""
    turn, last, result = 0, ring[0][0], []
    for lon, lat in ring:
        turn += 360 * ((lon - last < -180) - (lon - last > 180))
        last = lon
        result.append((lon + turn, lat))
    return result


def _clip(ring: Ring, meridian: float, side: int) -> Ring:
    """What of a ring lies east (1) or west (−1) of a meridian (Sutherland, Hodgman 1974)."""
    kept: Ring = []
    for (ax, ay), (bx, by) in _edges(ring):
        a_in, b_in = side * (ax - meridian) >= 0, side * (bx - meridian) >= 0
        if a_in:
            kept.append((ax, ay))
        if a_in != b_in:
            kept.append((meridian, ay + (by - ay) * (meridian - ax) / (bx - ax)))
    return kept


def _is_crimea(ring: Ring) -> bool:
    west, south, east, north = _CRIMEA
    return all(west < lon < east and south < lat < north for lon, lat in ring)


def countries(path: Path) -> dict[str, list[list[Ring]]]:
    found: dict[str, list[list[Ring]]] = defaultdict(list)
    for code, polygons in read(path):
        for polygon in polygons:
            owner = "UKR" if code == "RUS" and _is_crimea(polygon[0]) else code
            found[owner if region_of(owner) != ELSEWHERE else ""].append(polygon)
    return found


def path_of(polygons: list[list[Ring]]) -> str:
    return "".join(_outline(ring) for polygon in polygons for ring in polygon)


def _outline(ring: Ring) -> str:
    points = [(round(x), round(y)) for x, y in (place(*point) for point in ring)]
    steps = [(x - px, y - py) for (px, py), (x, y) in itertools.pairwise(points) if (x, y) != (px, py)]
    if len(steps) < 2:
        return ""
    drawn = "".join(f"{x} {y}" if n == 0 or x < 0 else f" {x} {y}" for n, (x, y) in enumerate(steps))
    return f"M{points[0][0]} {points[0][1]}l{drawn.replace(' -', '-')}z"


def label_of(polygons: list[list[Ring]]) -> tuple[int, int, int]:
    """The place within the largest polygon that lies farthest from its edge, on a grid, and how far that is."""
    outline = max(([place(*point) for point in polygon[0]] for polygon in polygons), key=_area)
    xs, ys = [x for x, _ in outline], [y for _, y in outline]
    grid = [
        (min(xs) + (max(xs) - min(xs)) * (i + 0.5) / 24, min(ys) + (max(ys) - min(ys)) * (j + 0.5) / 24)
        for i in range(24)
        for j in range(24)
    ]
    inside = [point for point in grid if _within(point, outline)] or [(sum(xs) / len(xs), sum(ys) / len(ys))]
    room, (x, y) = max((min(_distance(point, *edge) for edge in _edges(outline)), point) for point in inside)
    return round(x), round(y), round(room)


def _edges(ring: Ring) -> Iterator[tuple[Point, Point]]:
    return zip(ring, ring[1:] + ring[:1], strict=True)


def _area(ring: Ring) -> float:
    return abs(sum(ax * by - bx * ay for (ax, ay), (bx, by) in _edges(ring))) / 2


def _within(point: Point, ring: Ring) -> bool:
    x, y = point
    crossings = (
        (ay > y) != (by > y) and x < ax + (y - ay) * (bx - ax) / (by - ay) for (ax, ay), (bx, by) in _edges(ring)
    )
    return sum(crossings) % 2 == 1


def _distance(point: Point, start: Point, end: Point) -> float:
    (x, y), (ax, ay), (bx, by) = point, start, end
    length = (bx - ax) ** 2 + (by - ay) ** 2
    along = max(0.0, min(1.0, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length)) if length else 0.0
    return math.hypot(x - ax - along * (bx - ax), y - ay - along * (by - ay))


def main(folder: Path) -> None:
    large, small = countries(folder / "countries-110m.json"), countries(folder / "countries-10m.json")
    land = large.pop("")
    shapes = {
        code: {"path": path_of(polygons), "label": label_of(polygons)} for code, polygons in sorted(large.items())
    }
    markers = {code: label_of(polygons)[:2] for code, polygons in sorted(small.items()) if code and code not in large}
    atlas = {"width": WIDTH, "height": HEIGHT, "land": path_of(land), "shapes": shapes, "markers": markers}
    json.dump(atlas, sys.stdout, separators=(",", ":"))
    sys.stdout.write("\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
