"""The page in a real browser. Without a Chromium these tests are left out, and the header of the report says so."""

from __future__ import annotations

import csv
import io
import threading
from pathlib import Path

import numpy as np
import pytest

from nudipole.explorer import page as pages
from nudipole.explorer import server, tables, whatif
from nudipole.explorer.whatif import Settings
from nudipole.inference.counting import critical_value, feldman_cousins
from nudipole.portal import Portal
from tests.explorer.conftest import ARGUMENTS, chromium


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        context = play.chromium.launch_persistent_context(
            str(tmp_path_factory.mktemp("profile")),
            executable_path=chromium(),
            headless=True,
            args=list(ARGUMENTS),
            viewport={"width": 1400, "height": 900},
            accept_downloads=True,
        )
        yield context
        context.close()


@pytest.fixture
def open_page(browser, page_file):
    """Opens the page; at the end nothing was asked of the network and nothing complained."""
    pages, faults = [], []

    def opened(fragment="", address=None):
        page = browser.new_page()
        pages.append(page)
        own = address or page_file.as_uri()
        page.on("console", lambda m: faults.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda e: faults.append(str(e)))
        page.on("request", lambda r: None if r.url.startswith((own, "data:", "blob:")) else faults.append(r.url))
        page.goto(own + fragment)
        page.wait_for_selector("html[data-ready]", state="attached")
        return page

    yield opened
    for page in pages:
        page.close()
    assert faults == []


def state(page):
    return page.evaluate("() => ({...nudipole.state, off: [...nudipole.state.off]})")


def shown(page):
    return page.evaluate("() => [...document.querySelectorAll('#plane path.curve')].map((p) => p.dataset.key)")


def test_curves_are_paths_of_class_curve(open_page, data):
    page = open_page("#flavor=e")
    expected = {
        c["key"] for c in data[0]["curves"] if (c["flavor"], c["nature"], c["preset"]) == ("e", "dirac", "default")
    }
    assert set(shown(page)) == expected
    assert page.locator("#plane path.curve").count() == len(expected)


def test_first_paint_and_redraw_are_quick(open_page):
    page = open_page("#flavor=e")
    paint = page.evaluate("() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0")
    assert paint < 1000.0
    redraw = page.evaluate(
        "() => { const t = performance.now(); for (let i = 0; i < 5; i++) nudipole.draw(); return (performance.now() - t) / 5; }"
    )
    assert redraw < 100.0


@pytest.mark.parametrize("unit", ["mu", "d"])
def test_switches_and_fragment(open_page, unit):
    page = open_page()
    page.locator("label[for=flavor-e]").click()
    page.locator("label[for=nature-majorana]").click()
    page.locator(f"label[for=unit-{unit}]").click()
    page.wait_for_function("() => location.hash.includes('majorana')")
    again = open_page(page.evaluate("() => location.hash"))
    assert state(again) == state(page)
    assert state(again)["unit"] == unit
    assert shown(again) == shown(page)


def test_groups_single_experiments_and_kinds(open_page):
    page = open_page("#flavor=e")
    assert "red-giants" in shown(page)
    page.locator("#switches").get_by_label("the sky").uncheck()
    assert "red-giants" not in shown(page)
    page.locator("#switches").get_by_label("estimates of theory").uncheck()
    assert "naturalness" not in shown(page)
    page.locator("#group-card > summary").click()
    page.get_by_label("all of reactors").uncheck()
    assert not {"gemma", "conus-plus"} & set(shown(page))


def test_the_frontier_is_what_no_other_search_covers(open_page):
    """Below 30 keV electron recoils in xenon are stronger than both reactor searches, and beams do not count."""
    page = open_page("#flavor=e&view=-6,-4.5,-12,-7&sky=0&lines=0")
    assert {"lz-nees", "gemma", "conus-plus"} < set(shown(page))
    page.get_by_label("frontier only").check()
    assert shown(page) == ["lz-nees"]


def test_hover_names_the_curve(open_page):
    page = open_page("#flavor=e")
    place = page.evaluate(
        """() => { const c = nudipole.visible.find((c) => c.key === 'gemma'), r = c.regions[0], k = 3, b = nudipole.plane.root.getBoundingClientRect();
                   return [b.left + nudipole.plane.toX(r.x[k]), b.top + nudipole.plane.toY(r.low[k])]; }"""
    )
    page.mouse.move(*place)
    text = page.locator(".tip").inner_text()
    for part in ("GEMMA", "M =", "μ =", "90 % CL", "recoil", "normalised"):
        assert part in text, text


def test_click_opens_recipe_and_spectrum(open_page):
    page = open_page("#flavor=universal&off=conus-plus,gemma,icarus,donut,naturalness,red-giants")
    place = page.evaluate(
        """() => { const r = nudipole.visible[0].regions[0], b = nudipole.plane.root.getBoundingClientRect();
                   return [b.left + nudipole.plane.toX(r.x[2]), b.top + nudipole.plane.toY(r.low[2])]; }"""
    )
    page.mouse.click(*place)
    recipe = page.locator("#recipe")
    for text in (
        "LZ (electron recoils)",
        "Spectrum at the point",
        "exposure tonne year",
        "lz2023",
        "Published curves",
        "BibTeX",
    ):
        assert text in recipe.inner_text(), text
    assert recipe.locator("svg.spectrum .bar").count() == 2
    recipe.get_by_label("lz2023").check()
    assert shown(page).count("lz-nees") == 2


def test_a_point_of_ones_own(open_page, data):
    page = open_page("#flavor=e&point=0.1,1e-6,1")
    page.locator("#point > summary").click()
    text = page.locator("#point-result").inner_text()
    from nudipole.portal import Direction

    portal = Portal(0.1, 1e-6, Direction("e"))
    assert float(text.split("total width\n")[1].split(" × ")[0]) == pytest.approx(
        portal.width / 10 ** np.floor(np.log10(portal.width)), rel=5e-3, abs=0
    )
    assert f"{portal.decay_length(1.0):.3g} m" in text
    keys = page.evaluate("() => nudipole.excluding(1e-3, 1e-5)")
    header, arrays = data
    for key in ("gemma", "conus-plus", "lz-nees"):
        record = next(
            c
            for c in header["curves"]
            if (c["key"], c["flavor"], c["nature"], c["preset"]) == (key, "e", "dirac", "default")
        )
        start, low, high, _, _ = record["regions"][0]
        masses = arrays[record["masses"]][start : start + len(arrays[low])]
        edge = np.exp(np.interp(np.log(1e-3), np.log(masses), np.log(arrays[low])))
        top = np.inf if high is None else np.exp(np.interp(np.log(1e-3), np.log(masses), np.log(arrays[high])))
        assert (key in keys) == bool(masses[0] <= 1e-3 <= masses[-1] and edge <= 1e-5 <= top)


SETTINGS = (
    {"majorana": True},
    {}, {"exposure": 3.0}, {"background": 0.3}, {"efficiency": 0.6}, {"systematic": 2.5}, {"cl": 0.8}, {"threshold": 1.3},
)  # fmt: skip


def test_what_if_agrees_with_python_on_the_same_tables(open_page, data):
    """Every edge of the page lies where Python's statistic has its critical value, to 1e-6 in d."""
    page = open_page("#flavor=e")
    header, arrays = data
    compared = 0
    for index, record in enumerate(header["tables"]):
        if record["rule"] == "none":
            continue
        table = tables.table_from(record, arrays)
        for change in SETTINGS:
            if "threshold" in change:
                start = table.photons.start if table.photons else float(table.data_edges[0]) if table.threshold else 0.0
                if start <= 0:
                    continue
                change = {"threshold": start * change["threshold"]}
            settings = Settings(**{"cl": header["experiments"][record["key"]]["cl"], **change})
            found = page.evaluate(
                "([index, s]) => nudipole.recomputed(index, s)",
                [
                    index,
                    {
                        name: getattr(settings, name)
                        for name in (
                            "cl",
                            "exposure",
                            "background",
                            "efficiency",
                            "systematic",
                            "threshold",
                            "majorana",
                        )
                    },
                ],
            )
            compared += agree(table, settings, found)
    assert compared > 500


def agree(table, settings, found):
    """Edges whose distance in ln d from Python's is below 1e-6; the number of them."""
    expected = whatif.recompute(table, settings)
    signal, statistic = whatif.prepare(table, settings)
    compared = 0
    for m, (ours, theirs) in enumerate(zip(found, expected, strict=True)):
        assert len(ours) == len(theirs), (table.key, settings, m, ours, theirs)
        for (low, high), interval in zip(ours, theirs, strict=True):
            assert (high is None) == (interval.high is None)
            for edge, other in ((low, interval.low), (high, interval.high)):
                if not other:
                    continue
                if table.per_d2 is not None:
                    assert edge == pytest.approx(other, rel=1e-6, abs=0)
                else:  # Python's own roots are good to 1e-5 there
                    assert edge == pytest.approx(other, rel=2e-5, abs=0)
                    if table.rule != "profile" or m % 6 == 0:  # each takes a fit of its own
                        assert abs(distance(signal, statistic, settings, m, edge)) < 1e-6
                compared += 1
    return compared


def distance(signal, statistic, settings, m, edge):
    """Newton's step in ln d from an edge to where Python's own level vanishes."""
    step = 1e-4
    d = edge * np.exp(np.array([-step, 0.0, step]))
    if hasattr(statistic, "one_sided"):
        level = chi2(statistic, signal, m, d) - minimum(statistic, signal, m, edge)
        level = level - critical_value(settings.cl, 1, statistic.one_sided)
    else:
        level = np.log(signal.counts(m, d).sum(axis=-1) / statistic.allowed(settings.cl))
    return level[1] / ((level[2] - level[0]) / (2 * step))


def chi2(statistic, signal, m, d):
    shifts = signal.relative_shifts
    counts = signal.counts(m, np.asarray(d))
    if shifts is not None:
        shifts = counts[..., None, :] * shifts[m if len(shifts) > 1 else 0]
    return statistic.likelihood.chi2(counts, shifts)[0]


def minimum(statistic, signal, m, edge):
    """The smallest chi^2 over d, by a golden search in d^2 around the lowest of a scan."""
    from scipy.optimize import minimize_scalar

    zero = float(statistic.likelihood.chi2(np.zeros((1, statistic.likelihood.bins)))[0][0])
    scan = edge * np.geomspace(1e-2, 10.0, 31)
    values = chi2(statistic, signal, m, scan)
    k = int(np.argmin(values))
    low, high = scan[max(k - 1, 0)], scan[min(k + 1, len(scan) - 1)]
    best = minimize_scalar(
        lambda x: float(chi2(statistic, signal, m, [np.exp(x)])[0]),
        bounds=np.log([low, high]),
        method="bounded",
        options={"xatol": 1e-7},
    )
    return min(zero, float(best.fun), float(values.min()))


def test_feldman_cousins_in_the_page(open_page):
    page = open_page()
    for seen, background, cl in ((0, 0.0, 0.9), (1, 0.3, 0.9), (7, 4.2, 0.95), (3, 8.0, 0.68)):
        ours = page.evaluate("(a) => nudipole.feldmanCousins(...a)", [seen, background, cl])
        assert ours == pytest.approx(feldman_cousins(seen, background, cl)[1], rel=1e-8, abs=0)


def test_sliders_move_the_limit_within_fifty_milliseconds(open_page):
    page = open_page("#flavor=e&selected=lz-nees")
    page.locator("#whatif > summary").click()
    before = page.locator("#whatif-text").inner_text()
    slider = page.get_by_label("Exposure")
    slider.focus()
    for _ in range(8):
        slider.press("PageUp")
    assert page.locator("#whatif-text").inner_text() != before
    assert shown(page).count("lz-nees") == 2
    times = []
    for _ in range(5):
        slider.press("ArrowRight")
        times.append(float(page.locator("#whatif-body").get_attribute("data-milliseconds")))
    assert sorted(times)[2] < 50.0


def test_zoom_pan_and_keyboard(open_page):
    page = open_page("#flavor=e")
    start = state(page)["view"]
    page.locator("#plane").focus()
    page.keyboard.press("+")
    page.keyboard.press("ArrowRight")
    assert state(page)["view"][1] - state(page)["view"][0] == pytest.approx(
        (start[1] - start[0]) / 1.25, rel=1e-9, abs=0
    )
    page.keyboard.press("n")
    assert page.locator(".tip").is_visible()
    page.keyboard.press("Enter")
    assert page.locator("#recipe h2").inner_text()
    page.get_by_label("Show everything").click()
    assert state(page)["view"] == start
    box = page.locator("#plane").bounding_box()
    page.mouse.move(box["x"] + 300, box["y"] + 300)
    page.mouse.wheel(0, -300)
    page.mouse.down()
    page.mouse.move(box["x"] + 360, box["y"] + 300, steps=4)
    page.mouse.up()
    view = state(page)["view"]
    assert view[1] - view[0] < start[1] - start[0]


def test_saved_files(open_page, data):
    page = open_page("#flavor=e")
    contents = {}
    for kind in ("svg", "png", "csv", "bib"):
        with page.expect_download() as download:
            page.locator(f"#save-{kind}").click()
        assert download.value.suggested_filename == f"nudipole-e-dirac.{kind}"
        contents[kind] = Path(download.value.path()).read_bytes()
    assert contents["png"].startswith(b"\x89PNG")
    assert contents["svg"].count(b'class="curve') == len(shown(page))
    rows = list(csv.DictReader(io.StringIO(contents["csv"].decode())))
    assert {row["experiment"] for row in rows} == set(shown(page))
    assert all(
        float(row["mu_low_muB"]) == pytest.approx(data[0]["muB"] * float(row["d_low_GeV-1"]), rel=1e-5, abs=0)
        for row in rows
    )
    assert contents["bib"].count(b"@") >= 5


def test_the_table_behind_the_picture(open_page):
    page = open_page("#flavor=e&point=0.001,1e-8,1")
    page.locator("#table > summary").click()
    page.wait_for_selector("#table-body tbody tr")
    assert page.locator("#table-body tbody tr").count() == len(shown(page))


@pytest.mark.parametrize("fragment", ["#flavor=e", "#flavor=e&selected=lz-nees&theme=dark&point=0.001,1e-8,1&at=-3,-8"])
@pytest.mark.parametrize("size", [(1400, 900), (390, 800)])
def test_accessible(open_page, fragment, size):
    from axe_playwright_python.sync_playwright import Axe

    page = open_page(fragment)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.evaluate("() => document.querySelectorAll('details').forEach((d) => d.setAttribute('open', ''))")
    page.wait_for_timeout(300)
    found = Axe().run(page)
    broken = [(v["id"], [n["html"][:120] for n in v["nodes"]][:3]) for v in found.response["violations"]]
    assert broken == []


def test_nothing_overflows_a_phone(open_page):
    page = open_page("#flavor=e&selected=conus-plus")
    page.set_viewport_size({"width": 390, "height": 800})
    page.wait_for_timeout(200)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390


def test_a_fragment_of_nonsense_is_ignored(open_page):
    page = open_page(
        "#flavor=<script>&view=1,2,nan,4&point=-1,0,x&off=%3Cimg%3E&whatif=exposure:1e999,evil:1&selected=../../x"
    )
    assert state(page)["flavor"] in ("e", "mu", "tau", "universal")
    assert state(page)["whatif"] == {}


def test_the_editor_of_a_served_page(open_page, page_file):
    text = page_file.read_text(encoding="utf-8")
    encoded = text.partition('id="data">')[2].partition("</script>")[0]
    with server.Server(0, lambda token: pages.page(encoded, (), token)) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            page = open_page("#flavor=e&selected=gemma", f"http://127.0.0.1:{running.port}/")
            page.locator("#live > summary").click()
            page.get_by_role("button", name="Load card").click()
            area = page.locator("#card-text")
            page.wait_for_function("() => document.getElementById('card-text').value.includes('gemma')")
            card = area.input_value()
            area.fill(card.replace("title ", 'title = "<img src=x onerror=alert(1)>" #'))
            page.get_by_role("button", name="Run").click()
            page.wait_for_function("() => !document.getElementById('card-run').disabled", timeout=30000)
            text = page.locator("#card-status").inner_text()
            assert "masses in" in text or "title" in text, text
            assert page.locator("#card-status img").count() == 0
            area.fill(card.replace("allowed", "alowed"))
            page.get_by_role("button", name="Run").click()
            page.wait_for_selector("#card-status .errors", timeout=30000)
            assert "alowed" in page.locator("#card-status .errors").inner_text()
        finally:
            running.shutdown()
            thread.join()


def test_the_panel_says_what_is_exact_and_where_the_operator_ends(open_page):
    page = open_page("#flavor=mu&selected=icarus")
    page.locator("#whatif > summary").click()
    text = page.locator("#whatif-body").inner_text()
    assert "Photon threshold" in text
    assert "photons are spread in energy as at the card's lower edge" in text
    assert "collisions resolve the operator" in text
    assert "1 × 10⁻⁶" in text  # rounded first: no 10 × 10⁻⁷
    page.locator("#nature-majorana").check(force=True)
    assert "Majorana N, approximate" in page.locator("#whatif-body").inner_text()
