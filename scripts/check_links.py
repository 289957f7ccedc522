"""Check every link inside built documentation: ``python scripts/check_links.py docs/_build/html``.

Each ``href`` and ``src`` of each page must lead to a file that is there, and its fragment to an element with that id.
Links to other hosts are left alone. Exit status 1, and a line for each broken link, if there is any.
"""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """The links of one page and the places that others can link to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.places: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src") and value:
                self.links.append(value)
            elif value and (name == "id" or (name == "name" and tag == "a")):
                self.places.add(value)


def broken(folder: Path) -> list[str]:
    """A line for each link that leads nowhere."""
    pages = {path.resolve(): Page(path.read_text(encoding="utf-8")) for path in sorted(folder.rglob("*.html"))}
    found = []
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            place = unquote(parts.fragment)
            if not target.is_file():
                found.append(f"{path.relative_to(folder.resolve())}: {link} is not there")
            elif place and target in pages and place not in pages[target].places:
                found.append(f"{path.relative_to(folder.resolve())}: {link} has no such place")
    return found


def main() -> int:
    """Check the folder named on the command line."""
    folder = Path(sys.argv[1])
    lines = broken(folder)
    print("\n".join(lines) or f"{sum(1 for _ in folder.rglob('*.html'))} pages, no broken link")
    return 1 if lines else 0


if __name__ == "__main__":
    raise SystemExit(main())
