"""The page is one sound file that loads nothing."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest

from nudipole.explorer import page


def test_it_is_small_and_loads_nothing(page_file):
    text = page_file.read_text(encoding="utf-8")
    assert len(text.encode()) < 2_000_000
    outside = re.sub(r'id="data">[^<]*<', "", text)
    assert not re.findall(r'(?:src|href)="(?!#|data:)[^"]*"', outside)
    assert "url(" not in page.source("style.css").replace("url(#inside)", "")
    assert "connect-src 'none'" in text


def test_curves_are_paths_before_any_script_runs(page_file):
    text = page_file.read_text(encoding="utf-8")
    assert len(re.findall(r'<path class="curve [a-z]+"', text)) >= 2


def test_elements_are_closed_and_ids_unique(page_file):
    class Reader(HTMLParser):
        def __init__(self):
            super().__init__()
            self.open, self.ids = [], []

        def handle_starttag(self, tag, attrs):
            self.ids += [value for name, value in attrs if name == "id"]
            if tag not in ("meta", "link", "input", "br"):
                self.open.append(tag)

        def handle_endtag(self, tag):
            assert self.open.pop() == tag

        def handle_startendtag(self, tag, attrs):
            pass

    reader = Reader()
    reader.feed(page_file.read_text(encoding="utf-8"))
    assert reader.open == []
    assert len(reader.ids) == len(set(reader.ids))


def test_the_policy_allows_this_script_alone(page_file):
    text = page_file.read_text(encoding="utf-8")
    code = text.partition('<script type="module">')[2].partition("</script>")[0]
    digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in text


def test_names_at_the_top_of_modules_differ():
    """The modules become one script, in which every name has one meaning."""
    found = [
        name
        for module in page.MODULES
        for name in re.findall(
            r"^(?:export )?(?:async )?(?:function|class|const|let) (\w+)", page.source(f"{module}.js"), re.MULTILINE
        )
    ]
    assert len(found) == len(set(found)), sorted(name for name in found if found.count(name) > 1)


def test_modules_come_after_what_they_import():
    for place, module in enumerate(page.MODULES):
        for other in re.findall(r'^import \{[^}]*\} from "\./([a-z]+)\.js"', page.source(f"{module}.js"), re.MULTILINE):
            assert page.MODULES.index(other) < place, (module, other)
    assert "import " not in re.sub(r"import\(", "", page.script())


def test_the_script_is_javascript(tmp_path):
    node = shutil.which("node")
    if node is None:
        return  # the browser tests run it all the same
    file = tmp_path / "page.mjs"
    file.write_text(page.script(), encoding="utf-8")
    subprocess.run([node, "--check", str(file)], check=True)


@pytest.mark.parametrize("token", ["abc", '"><script>alert(1)</script>'])
def test_only_a_served_page_may_connect(token):
    text = page.page("", (), token)
    assert "connect-src 'self'" in text
    assert "<script>alert" not in text
