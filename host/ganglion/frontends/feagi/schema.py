"""Schema: the shape of a genome file, published as JSON Schema.

In:  nothing.
Out: a JSON Schema (draft 2020-12) of the flat and the hierarchical layout, built by pydantic.
Never: decides what is accepted: reading is more tolerant and says what it repaired. A file that
       fits the schema is read without a repair of any value's type.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from .fields import FLAT_AXES, FLAT_NAMES

U16 = Annotated[int, Field(ge=0, le=65535)]
Percent = Annotated[int, Field(ge=0, le=100)]
Triple = Annotated[list[int], Field(min_length=3, max_length=3)]
Extent = Annotated[int, Field(ge=1)]
Extents = Annotated[list[Extent], Field(min_length=3, max_length=3)]
Element = int | Literal["*", "?", "!"]
ElementTriple = Annotated[list[Element], Field(min_length=3, max_length=3)]
PatternPair = Annotated[list[ElementTriple], Field(min_length=2, max_length=2)]


class _Model(BaseModel):
    model_config = ConfigDict(strict=True, extra="allow")


class RuleObject(_Model):
    """A mapping rule. `morphology_scalar` has no effect."""

    morphology_id: str = Field(min_length=1)
    morphology_scalar: Any = None
    postSynapticCurrent_multiplier: int = Field(
        1, ge=-255, le=255, description="the synapse weight; below 0 inhibits"
    )
    plasticity_flag: bool = False
    plasticity_constant: int | None = None
    ltp_multiplier: int | None = None
    ltd_multiplier: int | None = None
    plasticity_window: int | None = None
    synapse_attractivity: Percent = Field(
        100, description="percent of the synapses that come to exist"
    )


_RULE_LIST = {
    "type": "array",
    "description": "morphology, scalar, multiplier, plasticity flag, constant, ltp, ltd, window; "
    "4 to 7 elements are the form of older files",
    "prefixItems": [
        {"type": "string", "minLength": 1},
        {},
        {"type": "integer", "minimum": -255, "maximum": 255},
        {"type": "boolean"},
    ],
    "minItems": 4,
}
RuleList = Annotated[list[Any], Field(min_length=4), WithJsonSchema(_RULE_LIST)]
Mappings = dict[str, list[RuleObject | RuleList]]


class HierarchicalArea(_Model):
    """A cortical area in the hierarchical layout. Only what FEAGI's neurons depend on is typed."""

    cortical_name: str | None = None
    cortical_group: str | None = Field(None, description="IPU, OPU, CORE, CUSTOM or MEMORY")
    block_boundaries: Extents = Field([1, 1, 1], description="voxels along x, y, z")
    relative_coordinate: Triple = Field([0, 0, 0], description="where it is drawn")
    per_voxel_neuron_cnt: Extent = 1
    firing_threshold: float = 1.0
    firing_threshold_increment_x: float = Field(0.0, description="added per voxel along x")
    firing_threshold_increment_y: float = Field(0.0, description="added per voxel along y")
    firing_threshold_increment_z: float = Field(0.0, description="added per voxel along z")
    firing_threshold_limit: float = Field(0.0, description="upper firing bound; 0 for none")
    leak_coefficient: float = Field(0.0, ge=0, description="fraction lost; above 1 is percent")
    refractory_period: U16 = Field(0, description="bursts")
    consecutive_fire_cnt_max: U16 = Field(0, description="0 for unlimited")
    snooze_length: U16 = Field(0, description="bursts")
    neuron_excitability: float = Field(1.0, description="probability; 0.999 and more is always")
    mp_charge_accumulation: bool = Field(False, description="keeps the potential across bursts")
    mp_driven_psp: bool = Field(False, description="the potential at firing is the PSP")
    psp_uniform_distribution: bool = Field(False, description="false divides by the fan-out")
    postsynaptic_current: float = Field(1.0, description="cut to a whole number, 0 to 255")
    is_mem_type: bool = Field(False, description="its neurons stand for patterns")
    cortical_mapping_dst: Mappings = Field(
        default_factory=dict, description="destination id to rules"
    )
    dynamics: Literal["on_input", "every_burst"] = Field(
        "on_input", description="Ganglion's own: when leak and refractory countdown advance"
    )


class MorphologyParameters(_Model):
    """What a morphology connects."""

    vectors: list[Triple] | None = None
    patterns: list[PatternPair] | None = None


class MorphologyEntry(_Model):
    """A named connection rule."""

    type: Literal["vectors", "patterns", "functions", "composite"]
    parameters: MorphologyParameters = MorphologyParameters()
    class_: str = Field("custom", alias="class")


class Physiology(_Model):
    """What holds for the whole brain."""

    simulation_timestep: float | None = Field(None, gt=0, description="seconds per burst")
    burst_delay: float | None = Field(None, gt=0, description="older name of the time step")
    quantization_precision: str | None = Field(None, description="fp32, fp16 or int8")


def _flat_schema() -> dict[str, Any]:
    """Keys of the flat layout: each suffix has the type of its hierarchical field."""
    area = HierarchicalArea.model_json_schema(ref_template="#/$defs/{model}")["properties"]
    patterns: dict[str, Any] = {}
    for suffix, name in FLAT_NAMES.items():
        if name in area:
            described = {k: v for k, v in area[name].items() if k not in ("title", "default")}
            patterns[f"^_____10c-.+-(cx|nx)-{suffix}$"] = described
    for suffix, (name, _) in FLAT_AXES.items():
        if name in area:
            patterns[f"^_____10c-.+-(cx|nx)-{suffix}$"] = area[name]["items"]
    return {
        "type": "object",
        "description": "flat: one key per area and field, _____10c-ID-cx-FIELD",
        "patternProperties": patterns,
        "propertyNames": {"pattern": "^_____10"},
    }


class GenomeFile(_Model):
    """A FEAGI genome, version 2.x or 3.0 (3.0 is flat with base64 ids)."""

    genome_id: str | None = None
    genome_title: str | None = None
    genome_description: str | None = None
    version: str = Field(pattern=r"^(2\..*|3\.0)$")
    physiology: Physiology | None = None
    neuron_morphologies: dict[str, MorphologyEntry] = Field(default_factory=dict)
    blueprint: dict[str, Any]


def genome_schema() -> dict[str, Any]:
    """The JSON Schema of a genome file."""
    schema = GenomeFile.model_json_schema(by_alias=True)
    area = HierarchicalArea.model_json_schema(ref_template="#/$defs/{model}")
    schema["$defs"] |= area.pop("$defs")
    schema["$defs"]["HierarchicalArea"] = area
    schema["properties"]["blueprint"] = {
        "description": "the cortical areas",
        "anyOf": [
            _flat_schema(),
            {
                "type": "object",
                "description": "hierarchical: one object per area, under its id",
                "additionalProperties": {"$ref": "#/$defs/HierarchicalArea"},
            },
        ],
    }
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
