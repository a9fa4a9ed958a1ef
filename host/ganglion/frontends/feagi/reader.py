"""Reader: a genome file as a Genome.

In:  the bytes of a genome in any layout that FEAGI wrote, and a Policy.
Out: a Genome with areas in connectome order, and a notice for everything odd.
Never: develops neurons or synapses; guesses without saying so.
"""

from pathlib import Path

from ...connectome.ids import CORE, DEATH, FATIGUE, AreaId
from ...connectome.ids import read as read_id
from ...errors import GenomeError
from ...notices import Notice, Notices, Severity
from .area_reader import read_area
from .fields import NO_EFFECT
from .genome import Genome, GenomeArea
from .json_text import LONGEST_ID, child, clean, count, decode, shorten
from .layout import RawArea, detect, raw_areas
from .morphology_reader import read_morphologies
from .physiology import read_precision, read_timestep, report_unknown
from .policy import Policy

_TOP = frozenset({
    "genome_id", "genome_title", "genome_description", "version", "blueprint",
    "neuron_morphologies", "physiology", "brain_regions", "brain_regions_root", "stats",
    "signatures", "timestamp", "hosts", "morphologies", "visualization_voxel_granularity_overrides",
    "burst_delay", "simulation_timestep", "max_age", "evolution_burst_count", "ipu_idle_threshold",
    "max_burst_count", "species",
})  # fmt: skip

_CORE_NAMES = {DEATH: "Death", FATIGUE: "Fatigue"}


def read(path: Path, policy: Policy | None = None) -> Genome:
    """The genome in a file. Raises GenomeError."""
    return parse(read_bytes(path, policy), policy)


def read_bytes(path: Path, policy: Policy | None = None) -> bytes:
    """The bytes of a genome file, unless it is larger than the policy allows."""
    limit = (policy or Policy()).max_bytes
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise GenomeError(f"{path} cannot be read: {reason}", "check the path") from error
    if len(data) > limit:
        raise GenomeError(
            f"{path} has more than the limit of {limit} bytes",
            "check that it is a genome, or raise the policy max_bytes",
        )
    return data


def parse(data: bytes, policy: Policy | None = None) -> Genome:
    """The genome in `data`. Raises GenomeError, which names the JSON path of the first fault."""
    genome, notices = examine(data, policy)
    for notice in notices:
        if notice.severity is Severity.ERROR:
            raise GenomeError(f"{notice.path}: {notice.fact}", notice.remedy)
    assert genome is not None  # without a genome there is an error notice
    return genome


def examine(data: bytes, policy: Policy | None = None) -> tuple[Genome | None, tuple[Notice, ...]]:
    """Everything that can be said about `data`; no genome if it cannot be read at all."""
    policy = policy or Policy()
    notices = Notices()
    try:
        genome = _genome(decode(data, policy, notices), policy, notices)
    except GenomeError as error:
        last = Notice(Severity.ERROR, "unreadable", "$", error.fact, error.remedy)
        return None, (*notices.freeze(), last)
    return genome, genome.notices


def _genome(raw: dict[str, object], policy: Policy, notices: Notices) -> Genome:
    layout = detect(raw)
    version = _version(raw, notices)
    for key in raw:
        if key not in _TOP:
            notices.info(
                "unknown-key", child("$", key),
                f"the field {shorten(key)} is not part of a genome and has no effect",
                "check its spelling, or remove it",
            )  # fmt: skip
    report_unknown(raw, notices)
    areas = _areas(raw_areas(raw, layout, policy, notices), policy, notices)
    return Genome(
        id=_text(raw, "genome_id", "unknown"),
        title=_text(raw, "genome_title", "Untitled"),
        description=_text(raw, "genome_description", ""),
        version=version,
        layout=layout,
        precision=read_precision(raw, layout, notices),
        timestep=read_timestep(raw, policy, notices),
        areas=areas,
        morphologies=read_morphologies(
            raw.get("neuron_morphologies"), "$.neuron_morphologies", policy, notices
        ),
        notices=notices.freeze(),
    )


def _text(raw: dict[str, object], name: str, default: str) -> str:
    value = raw.get(name)
    return clean(value) if isinstance(value, str) else default


def _version(raw: dict[str, object], notices: Notices) -> str:
    value = raw.get("version")
    version = value if isinstance(value, str) else ""
    if not version.startswith("2.") and version != "3.0":
        notices.warning(
            "version", "$.version",
            f"the version is {shorten(value)}, and FEAGI accepts 2.x and 3.0",
            "the file is read by its layout; write the version",
        )  # fmt: skip
    return version


def _areas(listed: list[RawArea], policy: Policy, notices: Notices) -> tuple[GenomeArea, ...]:
    found: dict[bytes, GenomeArea] = {}
    rules = 0
    if len(listed) > policy.max_areas:
        notices.error(
            "too-large", "$.blueprint",
            f"the genome has more than the limit of {policy.max_areas} areas",
            "check that the file is a genome, or raise the policy max_areas",
        )  # fmt: skip
        listed = []
    for raw in listed:
        if len(raw.id) > LONGEST_ID:
            notices.warning(
                "unknown-id", raw.path, f"an area has an id of {len(raw.id)} characters; left out",
                "FEAGI's ids have 6 or 8",
            )  # fmt: skip
            continue
        identity = read_id(raw.id)
        notices.area = identity.text
        if not _accept(identity, raw.path, policy, notices):
            continue
        if identity.key in found:
            notices.warning(
                "duplicate-area", raw.path,
                f"{shorten(raw.id)} is another spelling of {found[identity.key].path}; left out",
                "remove one of the two",
            )  # fmt: skip
            continue
        found[identity.key] = read_area(raw, identity, policy, notices)
        rules += len(found[identity.key].rules)
        if rules > policy.max_rules:
            notices.error(
                "too-large", raw.path,
                f"with this area the genome has {rules} rules and the limit is {policy.max_rules}",
                "check that the file is a genome, or raise the policy max_rules",
            )  # fmt: skip
            break
    notices.area = None
    _report_no_effect(listed, notices)
    if policy.core_areas == "create":
        _create_core(found, notices)
    return tuple(sorted(found.values(), key=lambda area: area.id.order))


def _report_no_effect(listed: list[RawArea], notices: Notices) -> None:
    """Names each field that FEAGI parses and never uses, once for all areas."""
    for name, silent in NO_EFFECT.items():
        said = [
            raw.fields[name]
            for raw in listed
            if name in raw.fields and (silent is None or raw.fields[name][0] not in silent)
        ]
        if said:
            value, path = said[0]
            others = f" and in {count(len(said) - 1, 'other area')}" if len(said) > 1 else ""
            notices.info(
                "no-effect", path,
                f"{name} is set ({shorten(value)} here{others}); FEAGI reads it and never uses it",
                "remove it, or expect nothing from it",
            )  # fmt: skip


def _accept(identity: AreaId, path: str, policy: Policy, notices: Notices) -> bool:
    if fault := identity.io_fault:
        notices.warning("io-id", path, f"{fault}, which FEAGI refuses", "export the genome again")
    if identity.is_known:
        return True
    fact = f"the id {shorten(identity.text)} names no type of area (first of 8 bytes: c m i o _)"
    match policy.unknown_ids:
        case "accept":
            notices.info(
                "unknown-id", path, f"{fact}; accepted, though today's FEAGI skips the area",
                "rename it, or choose the policy unknown_ids",
            )  # fmt: skip
        case "skip":
            notices.warning(
                "unknown-id", path, f"{fact}; skipped, as FEAGI does",
                "rename it, or choose the policy unknown_ids",
            )  # fmt: skip
        case "refuse":
            notices.error("unknown-id", path, fact, "rename it")
    return policy.unknown_ids == "accept"


def _create_core(found: dict[bytes, GenomeArea], notices: Notices) -> None:
    """FEAGI adds the core areas that a file lacks, with these values."""
    for key in CORE:
        if key in found:
            continue
        identity = AreaId(key, key.decode())
        found[key] = GenomeArea(
            id=identity,
            path="$.blueprint",
            name=_CORE_NAMES.get(key, "Brain_Power"),
            group="CORE",
            position=(0, 0, -30 if key == FATIGUE else -20),
            threshold=float.fromhex("0x1.99999ap-4"),  # float32 of 0.1
            psp_uniform=True,
            postsynaptic_current=500.0,
            written=False,
        )
        notices.area = identity.text
        notices.info(
            "core-area", "$.blueprint", f"the core area {identity.text} is not in the file; added",
            "nothing to do: FEAGI adds it too",
        )  # fmt: skip
        notices.area = None
