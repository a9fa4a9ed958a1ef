"""Rules: the mappings of an area, from every form in which files hold them.

In:  a `cortical_mapping_dst` object: destination id to rules, as lists of 4, 7 or 8 elements, as
     objects, or in the form of FEAGI's quantization examples.
Out: Rules in file order.
Never: drops a rule without a notice.
"""

from ...connectome.ids import AreaId
from ...connectome.ids import read as read_id
from ...notices import Notices
from .fields import integer_of, number_of
from .genome import Rule
from .json_text import LONGEST_ID, child, clean, count, kind, shorten
from .plasticity import ASSOCIATIVE, NAMES, Plasticity, read_plasticity
from .policy import Policy

FULL_RULE = 8
"""Elements: morphology, scalar, multiplier, plasticity flag, constant, ltp, ltd, window."""
SHORTEST_RULE = 4

_OBJECT_KEYS = frozenset({
    "morphology_id", "morphology_scalar", "postSynapticCurrent_multiplier", "plasticity_flag",
    "plasticity_constant", "ltp_multiplier", "ltd_multiplier", "plasticity_window",
    "synapse_attractivity",
})  # fmt: skip
_RENAMED = {"memory": "episodic_memory", "bi_directional_stdp": "associative_memory"}
_EXAMPLE_TYPES = {"fully_connected": "all_to_all"}


def renamed(morphology: str) -> str:
    """The name that FEAGI gives a morphology on loading."""
    return clean(_RENAMED.get(morphology, morphology))


def read_rules(value: object, path: str, policy: Policy, notices: Notices) -> tuple[Rule, ...]:
    """All rules of one area."""
    if value is None:
        return ()
    if not isinstance(value, dict):
        notices.error(
            "wrong-type", path, f"the mappings are {kind(value)}", "write an object of rules"
        )
        return ()
    reader = _Reader(policy, notices)
    rules: list[Rule] = []
    for destination, listed in value.items():
        if listed == [] or len(rules) > policy.max_rules:
            continue  # nothing there, or the reader refuses the genome
        place = child(path, destination)
        if not 0 < len(destination) <= LONGEST_ID:
            notices.warning(
                "unknown-destination", place,
                f"a destination has an id of {len(destination)} characters",
                "it makes no synapse; remove it",
            )  # fmt: skip
            continue
        target = read_id(destination)
        if isinstance(listed, dict) and "cortical_mapping_type" in listed:
            rules.append(reader.example(target, listed, place))
            continue
        if not isinstance(listed, list):
            notices.warning(
                "malformed-rule",
                place,
                f"the rules are {kind(listed)} and are left out",
                "write a list of rules",
            )
            continue
        for i, rule in enumerate(listed):
            if len(rules) > policy.max_rules:
                break
            read = reader.rule(target, rule, child(place, i))
            if read is not None:
                rules.append(read)
    reader.report(path)
    return tuple(rules)


class _Reader:
    """Reads the rules of one area, and sums up what it met often."""

    def __init__(self, policy: Policy, notices: Notices) -> None:
        self.policy = policy
        self.notices = notices
        self.short: dict[int, int] = {}

    def rule(self, destination: AreaId, rule: object, path: str) -> Rule | None:
        if isinstance(rule, dict):
            for key in rule:
                if key not in _OBJECT_KEYS:
                    self.notices.info(
                        "unknown-key",
                        child(path, key),
                        f"the field {shorten(key)} is not part of a rule and has no effect",
                        "check its spelling, or remove it",
                    )
            return self._made(
                destination,
                path,
                rule.get("morphology_id"),
                rule.get("postSynapticCurrent_multiplier"),
                rule.get("plasticity_flag"),
                rule.get("synapse_attractivity"),
                tuple(rule.get(name) for name in NAMES),
            )
        if not isinstance(rule, list) or len(rule) < SHORTEST_RULE:
            what = kind(rule) if not isinstance(rule, list) else f"a list of {len(rule)}"
            self._leave_out(path, f"the rule is {what}", "write a list of 8 elements or an object")
            return None
        if len(rule) < FULL_RULE:
            self.short[len(rule)] = self.short.get(len(rule), 0) + 1
            if self.policy.short_rules != "accept":
                return None
        return self._made(destination, path, rule[0], rule[2], rule[3], None, tuple(rule[4:8]))

    def example(self, destination: AreaId, rule: dict[str, object], path: str) -> Rule:
        named = rule["cortical_mapping_type"]
        text = named if isinstance(named, str) else ""
        psp = rule.get("postsynaptic_current")
        current = None if psp is None else number_of(psp, path, self.policy, self.notices)
        morphology = renamed(_EXAMPLE_TYPES.get(text, text)) or "unnamed"
        return Rule(destination, morphology, 1, path, psp=current)

    def _made(
        self, destination: AreaId, path: str,
        morphology: object, multiplier: object, flag: object, attractivity: object,
        constants: tuple[object, ...],
    ) -> Rule | None:  # fmt: skip
        if not isinstance(morphology, str) or not morphology:
            self._leave_out(path, "the rule names no morphology", "name one, or remove the rule")
            return None
        name = renamed(morphology)
        plastic = flag is True or name == ASSOCIATIVE
        return Rule(
            destination=destination,
            morphology=name,
            multiplier=self._multiplier(multiplier, path),
            path=path,
            attractivity=self._attractivity(attractivity, path),
            plastic=plastic,
            plasticity=self._plasticity(constants, name, path) if plastic else None,
        )

    def _plasticity(self, constants: tuple[object, ...], name: str, path: str) -> Plasticity | None:
        return read_plasticity(constants, name, path, self.policy, self.notices)

    def _multiplier(self, value: object, path: str) -> int:
        """FEAGI reads anything but a whole number as 1."""
        if value is None:
            self.notices.info(
                "multiplier", path, "the rule has no multiplier; read as 1", "write a whole number"
            )
            return 1
        number = number_of(value, path, self.policy, self.notices)
        if number is None or not number.is_integer():
            self.notices.warning(
                "multiplier",
                path,
                f"the multiplier {shorten(value)} is not a whole number; read as 1, as FEAGI does",
                "write a whole number",
            )
            return 1
        if abs(number) > 255:
            self.notices.warning(
                "multiplier",
                path,
                f"the multiplier {number:.0f} becomes a weight of 255",
                "write at most 255",
            )
        return int(max(-255.0, min(255.0, number)))

    def _attractivity(self, value: object, path: str) -> int:
        if value is None:
            return 100
        number = integer_of(value, path, self.policy, self.notices)
        if number is None or 0 <= number <= 100:
            return 100 if number is None else number
        self.notices.warning(
            "attractivity",
            path,
            f"the attractivity {shorten(value)} is not a percentage; read as 0 or 100",
            "write a number from 0 to 100",
        )
        return 0 if number < 0 else 100

    def _leave_out(self, path: str, fact: str, remedy: str) -> None:
        self.notices.warning("malformed-rule", path, f"{fact} and is left out", remedy)

    def report(self, path: str) -> None:
        for length, rules in sorted(self.short.items()):
            fact = f"{count(rules, 'rule')} of {length} instead of {FULL_RULE} elements"
            match self.policy.short_rules:
                case "accept":
                    self.notices.info(
                        "short-rule", path, f"{fact}; accepted, though today's FEAGI drops it",
                        "export the genome again, or choose the policy short_rules",
                    )  # fmt: skip
                case "drop":
                    self.notices.warning(
                        "short-rule", path, f"{fact}; dropped, as in FEAGI",
                        "export the genome again, or choose the policy short_rules",
                    )  # fmt: skip
                case "refuse":
                    self.notices.error(
                        "short-rule", path, fact, "export the genome again",
                    )  # fmt: skip
