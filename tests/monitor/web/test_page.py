"""The page in a real browser: it shows what runs, obeys its buttons, and complains of nothing.

With GANGLION_SCREENSHOTS=DIR, its pictures are kept there: light and dark, wide and narrow.
"""

import base64
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ganglion.examples import path as example
from ganglion.examples import robot as robot_of
from tests.support.command import GANGLION
from tests.support.recordings import PATIENCE, verified

webdriver = pytest.importorskip(
    "selenium.webdriver", reason="`pip install 'ganglion[test]'` brings it"
)
pytest.importorskip("aiohttp", reason="`pip install 'ganglion[web]'` brings it")

from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.support.ui import WebDriverWait  # noqa: E402

GENOME = example("wall_avoider")


def program(*names: str) -> str:
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.skip(f"there is no {names[0]} here: apt-get install chromium chromium-driver")
    return str(found)


@pytest.fixture(scope="module")
def browser() -> Iterator["webdriver.Chrome"]:
    chromium, driver = (
        program("chromium", "chromium-browser", "google-chrome"),
        program("chromedriver"),
    )
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for word in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars"):
        options.add_argument(word)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    opened = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield opened
    opened.quit()


@pytest.fixture
def monitor(tmp_path: Path) -> Iterator[str]:
    """A robot's brain, watched in a page: the page's address."""
    process = subprocess.Popen(
        [*GANGLION, "monitor", str(GENOME), "--web", "--bind", "127.0.0.1:0", "--period", "10"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path,
    )  # fmt: skip
    assert process.stdout is not None
    found = re.search(r"http://\S+", process.stdout.readline())
    assert found is not None
    yield found[0]
    process.terminate()
    _, errors = process.communicate()
    assert (process.returncode, errors.strip()) == (130, "ganglion: interrupted")


def visit(browser: "webdriver.Chrome", url: str) -> None:
    """Opens a page, and forgets what another page said, such as that its server has ended."""
    browser.get("about:blank")
    browser.get_log("browser")
    browser.get(url)


def wait(browser: "webdriver.Chrome", script: str) -> object:
    """Until a line of script says something that is true."""
    return WebDriverWait(browser, PATIENCE, 0.05).until(
        lambda opened: opened.execute_script(f"return {script}")
    )


def text(browser: "webdriver.Chrome", name: str) -> str:
    return str(browser.find_element(By.ID, name).text)


def settle(browser: "webdriver.Chrome") -> None:
    """Until everything has been laid out and drawn anew."""
    browser.execute_async_script(
        "const done = arguments[0]; setTimeout(() => requestAnimationFrame(() => done()), 300)"
    )


def shoot(browser: "webdriver.Chrome", theme: str, width: int, height: int, to: Path) -> bytes:
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia",
        {"features": [{"name": "prefers-color-scheme", "value": theme}]},
    )
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
    )
    settle(browser)
    assert browser.execute_script("return document.documentElement.scrollWidth <= innerWidth"), (
        f"the page is wider than {width}"
    )
    picture = base64.b64decode(
        browser.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True})["data"]
    )
    (to / f"page-{theme}-{width}.png").write_bytes(picture)
    return picture


INK = """(() => { const c = document.getElementById('%s'), d = c.getContext('2d')
  .getImageData(0, 0, c.width, c.height).data; let n = 0;
  for (let i = 3; i < d.length; i += 4) n += d[i] > 0; return n; })()"""


def test_the_page_shows_a_brain_at_work_and_obeys(
    browser: "webdriver.Chrome", monitor: str, tmp_path: Path
):
    visit(browser, monitor)
    wait(browser, "document.getElementById('verdict').dataset.state === 'identical'")
    assert text(browser, "title") == "wall_avoider on virtual"
    wait(browser, INK % "raster" + " > 2000")
    wait(browser, INK % "rate" + " > 200")
    wait(browser, INK % "space" + " > 500")
    labels = [
        e.text.split("\n")[0] for e in browser.find_elements(By.CSS_SELECTOR, "#labels button")
    ]
    assert "Infrared sensors" in labels
    # The heap is known with the first STATS.
    wait(browser, "/heap[\\d,]+ KiB/.test(document.getElementById('figures').textContent)")
    figures = text(browser, "figures").replace("\n", " ")
    first = r"burst [\d,]+ time [\d.]+ s pace [\d.]+/s burst time .* late \d+"
    assert re.search(first, figures), figures
    assert re.search(r"heap [\d,]+ KiB lost [\d,]+ bursts, [\d,]+ frames", figures), figures

    # A neuron is followed from the start, and the colours have a key.
    wait(browser, "/^neuron \\d+, /.test(document.getElementById('trace-label').textContent)")
    assert "sensors (IPU)" in text(browser, "key")

    # A click on the raster selects an area and follows a neuron, whose potential is then shown.
    browser.execute_script("""
      const r = document.getElementById('raster'), b = r.getBoundingClientRect();
      const label = [...document.querySelectorAll('#labels button')]
        .find((e) => e.textContent.startsWith('Infrared sensors')).getBoundingClientRect();
      r.dispatchEvent(new MouseEvent('click', { bubbles: true, clientX: b.x + 50,
        clientY: label.y + label.height / 2 }));""")
    wait(browser, "document.getElementById('trace-label').textContent.includes('Infrared')")
    wait(browser, INK % "trace" + " > 100")
    wait(browser, "!document.getElementById('inject').disabled")

    # Every figure says what it means, to a pointer and to the keyboard.
    assert (
        browser.execute_script("""return [...document.querySelectorAll('#figures div')]
      .filter((row) => !row.dataset.tip || row.tabIndex !== 0)
      .map((row) => row.textContent)""")
        == []
    )
    shown = browser.execute_script("""const row = document.querySelector('#figures div');
      row.focus(); return getComputedStyle(row, '::after').content""")
    assert "The newest burst" in shown

    # One voxel gets an amount.
    field = browser.find_element(By.ID, "amount")
    assert float(field.get_attribute("value") or "nan") > 0  # its threshold
    browser.find_element(By.ID, "aim-go").click()
    wait(
        browser,
        "/into Infrared sensors \\(\\d+, \\d+, \\d+\\)/"
        ".test(document.getElementById('log').textContent)",
    )
    browser.find_element(By.ID, "inject").click()
    wait(
        browser,
        "/burst [\\d,]+: input into 20 neurons/.test(document.getElementById('log').textContent)",
    )

    # The potential goes on, mended by nothing: the reference knows what was injected.
    browser.find_element(By.ID, "record").click()
    wait(browser, "/^Recording/.test(document.getElementById('record').textContent)")
    browser.find_element(By.ID, "mark").click()
    wait(browser, "/mark at burst/.test(document.getElementById('log').textContent)")
    browser.find_element(By.ID, "record").click()
    wait(browser, "document.getElementById('record').textContent === 'Record'")

    # Back in time, closer, and live again.
    assert browser.find_element(By.ID, "live").get_attribute("aria-pressed") == "true"
    browser.find_element(By.ID, "back").click()
    browser.find_element(By.ID, "in").click()
    settle(browser)
    held = text(browser, "span-right")
    first, last = (int(text(browser, f"span-{s}").replace(",", "") or 0) for s in ("left", "right"))
    assert last > first
    settle(browser)
    assert text(browser, "span-right") == held
    browser.find_element(By.ID, "live").click()
    wait(browser, f"document.getElementById('span-right').textContent !== {held!r}")

    # A picture and the recording can be saved.
    browser.execute_cdp_cmd(
        "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path / "down")}
    )
    browser.find_element(By.ID, "picture").click()
    browser.find_element(By.ID, "recording").click()
    WebDriverWait(browser, PATIENCE, 0.1).until(
        lambda _: sorted(p.suffix for p in (tmp_path / "down").glob("*")) == [".gbr", ".png"]
    )

    browser.find_element(By.ID, "pause").click()
    settle(browser)
    last = text(browser, "span-right")
    wait(browser, "document.getElementById('verdict-text').textContent !== "
         f"{text(browser, 'verdict-text')!r}")  # fmt: skip
    assert text(browser, "span-right") == last
    browser.find_element(By.ID, "pause").click()
    wait(browser, f"document.getElementById('span-right').textContent !== {last!r}")

    to = Path(os.environ.get("GANGLION_SCREENSHOTS", tmp_path))
    pictures = {
        shoot(browser, theme, width, height, to)
        for theme in ("light", "dark")
        for width, height in ((1280, 860), (420, 900))
    }
    assert len(pictures) == 4
    browser.find_element(By.ID, "run").click()
    wait(browser, "document.getElementById('run').textContent === 'Start'")
    browser.find_element(By.ID, "run").click()
    wait(browser, "document.getElementById('run').textContent === 'Stop'")
    wait(browser, "document.getElementById('verdict').dataset.state === 'identical'")
    # Chromium remarks that this test reads canvases often.
    assert [e for e in browser.get_log("browser") if e["source"] != "rendering"] == []
    (file,) = tmp_path.glob("*.gbr")
    assert len(verified_or_unknown(file)) == 1


def test_the_page_shows_a_robot_in_its_room_with_what_it_senses_and_does(
    browser: "webdriver.Chrome", tmp_path: Path
):
    process = subprocess.Popen(
        [*GANGLION, "monitor", str(GENOME), "--robot", str(robot_of("wall_avoider")), "--web",
         "--bind", "127.0.0.1:0", "--period", "5"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path,
    )  # fmt: skip
    assert process.stdout is not None
    found = re.search(r"http://\S+", process.stdout.readline())
    assert found is not None
    visit(browser, found[0])
    wait(browser, "document.getElementById('verdict').dataset.state === 'identical'")
    wait(browser, INK % "room" + " > 1000")
    wait(browser, "document.querySelector('#parts .motor dd')?.textContent.trim() > '0'")
    parts = [e.text for e in browser.find_elements(By.CSS_SELECTOR, "#parts dt")]
    assert parts == [
        "left eye", "front eye", "right eye", "left bumper", "right bumper", "left wheel",
        "right wheel",
    ]  # fmt: skip
    assert text(browser, "robot-now").endswith("collisions")
    to = Path(os.environ.get("GANGLION_SCREENSHOTS", tmp_path))
    shoot(browser, "light", 420, 900, to)  # which says whether it is too wide
    assert [e for e in browser.get_log("browser") if e["source"] != "rendering"] == []
    process.terminate()
    process.communicate()


def verified_or_unknown(file: Path) -> list[object]:
    """A recording that began after an injection does not know it, and says so when asked."""
    from ganglion.errors import RecordingError
    from ganglion.recording.file import Recording
    from ganglion.recording.runs import runs

    found = runs(Recording(file))
    with pytest.raises(RecordingError, match="does not say which stimulus the run had"):
        verified(file)
    return list(found)


def test_the_page_shows_weights_as_they_change(browser: "webdriver.Chrome", tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*GANGLION, "monitor", str(example("pairing")), "--web", "--bind", "127.0.0.1:0",
         "--period", "10", "--stimulus", "random:3:0.4"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path,
    )  # fmt: skip
    assert process.stdout is not None
    found = re.search(r"http://\S+", process.stdout.readline())
    assert found is not None
    browser.get(found[0])
    changed = (
        "/[1-9]\\d* of 16 weights changed/.test(document.getElementById('weights-now').textContent)"
    )
    wait(browser, changed)
    assert text(browser, "projections") == "i_tone to o_echo"
    wait(browser, INK % "weights" + " > 100")
    shoot(browser, "light", 1280, 1000, Path(os.environ.get("GANGLION_SCREENSHOTS", tmp_path)))
    process.terminate()
    process.communicate()
    assert [e for e in browser.get_log("browser") if e["level"] == "SEVERE"
            and "WebSocket" not in e["message"]] == []  # fmt: skip


def test_when_the_monitor_ends_the_page_says_so(browser: "webdriver.Chrome", tmp_path: Path):
    process = subprocess.Popen(
        [*GANGLION, "monitor", str(GENOME), "--web", "--bind", "127.0.0.1:0"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )  # fmt: skip
    assert process.stdout is not None
    found = re.search(r"http://\S+", process.stdout.readline())
    assert found is not None
    visit(browser, found[0])
    wait(browser, "document.getElementById('verdict').dataset.state === 'identical'")
    process.kill()
    process.communicate()
    wait(browser, "document.getElementById('verdict').dataset.state === 'gone'")
    assert text(browser, "verdict-text") == "no connection; trying again"
