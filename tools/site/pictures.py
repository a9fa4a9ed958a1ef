"""Pictures of README and the guides: `python -m tools.site.pictures`, or `make pictures`.

In:  the tutorial's own genome, the example robot; chromium and chromedriver for the page.
Out: docs/pictures/*.png, small.
Never: shows what the program as it is does not draw.
"""

import base64
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "pictures"
COLOURS = 255
GANGLION = str(Path(sys.executable).with_name("ganglion"))


def ganglion(directory: Path, *words: str) -> None:
    """Runs a command in a directory."""
    subprocess.run([GANGLION, *words], cwd=directory, check=True)


def keep(picture: Path, name: str, width: int = 1000) -> None:
    """Smaller, and with few colours."""
    image = Image.open(picture).convert("RGB")
    image = image.resize(
        (width, round(image.height * width / image.width)), Image.Resampling.LANCZOS
    )
    image.quantize(COLOURS, Image.Quantize.MAXCOVERAGE).save(FOLDER / name, optimize=True)
    print(f"{name}: {(FOLDER / name).stat().st_size:,} bytes")


def tutorial(directory: Path) -> None:
    """The two traces, by the tutorial's own commands."""
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "docs" / "tutorial.md").read_text(), re.DOTALL)
    for block in blocks[:3]:
        subprocess.run(["sh", "-euc", block], cwd=directory, check=True)
    keep(directory / "three.png", "threshold3.png")
    keep(directory / "two.png", "threshold2.png")


def raster(directory: Path) -> None:
    """The robot's brain under the default stimulus."""
    ganglion(directory, "example", "robot.json")
    ganglion(directory, "record", "robot.json", "-o", "robot.gbr", "--bursts", "400")
    ganglion(directory, "plot", "robot.gbr", "-o", "robot.png", "--title", "Wall avoider")
    keep(directory / "robot.png", "raster.png")


def page(directory: Path) -> None:
    """The page, after a quarter of a minute."""
    from selenium import webdriver

    programs = [shutil.which("chromium"), shutil.which("chromedriver")]
    if None in programs:
        raise SystemExit("the page needs chromium: apt-get install chromium chromium-driver")
    words = [GANGLION, "monitor", "robot.json", "--web"]
    monitor = subprocess.Popen(
        [*words, "--bind", "127.0.0.1:0"], cwd=directory, stdout=subprocess.PIPE, text=True
    )
    options = webdriver.ChromeOptions()
    options.binary_location = str(programs[0])
    for word in ("--headless=new", "--no-sandbox", "--hide-scrollbars", "--window-size=1280,960"):
        options.add_argument(word)
    browser = webdriver.Chrome(options, webdriver.ChromeService(str(programs[1])))
    try:
        assert monitor.stdout is not None
        found = re.search(r"http://\S+", monitor.stdout.readline())
        assert found is not None
        browser.get(found[0])
        time.sleep(15)
        data = browser.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True})
        (directory / "page.png").write_bytes(base64.b64decode(data["data"]))
    finally:
        browser.quit()
        monitor.terminate()
        monitor.wait()
    keep(directory / "page.png", "page.png")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        for make in (tutorial, raster, page):
            make(Path(name))
