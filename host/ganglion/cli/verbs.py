"""Verbs: what `ganglion --help` lists, in groups, without importing a single command.

In:  nothing.
Out: per verb its group, one line, and examples; names of modules in `commands`.
Never: imports a command: help must not cost what running would.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verb:
    """One command. `line` is the first sentence of its help; a test holds them together."""

    name: str
    line: str
    examples: tuple[str, ...]


GROUPS: dict[str, tuple[Verb, ...]] = {
    "Begin": (
        Verb("demo", "Drive a small robot through a room on a virtual device, and prove each "
             "burst equal.", ("ganglion demo", "ganglion demo --bursts 5000 -o drive.svg")),
        Verb("example", "Write an example genome here, to compile and to edit.",
             ("ganglion example", "ganglion example robot.json")),
        Verb("doctor", "Say what is there of all that ganglion can use, and how to get what is "
             "not.", ("ganglion doctor", "ganglion doctor --json")),
    ),
    "Make a brain": (
        Verb("compile", "Compile a GENOME (.json) or a developed connectome (.npz) into a blob.",
             ("ganglion compile robot.json", "ganglion compile robot.json --board esp32",
              "ganglion compile robot.json --strict --report report.json")),
        Verb("inspect", "Show what is inside BRAIN, a .gbn file.",
             ("ganglion inspect robot.gbn", "ganglion inspect robot.gbn --board esp32 --json")),
        Verb("lint", "List everything odd in a GENOME: ignored keys, repaired values, unreachable "
             "thresholds, dead areas.", ("ganglion lint robot.json",)),
        Verb("develop", "Develop a GENOME into neurons and synapses, by FEAGI's rules.",
             ("ganglion develop robot.json", "ganglion develop robot.json -o robot.npz")),
        Verb("scales", "Show the scales of A, or how those of A and B differ.",
             ("ganglion scales robot.gbn",)),
        Verb("schema", "Print the JSON Schema of a KIND of file.",
             ("ganglion schema genome > genome.schema.json",)),
        Verb("policies", "List what --policy can settle: names, values and their meaning.",
             ("ganglion policies",)),
        Verb("keygen", "Make the RSA keys NAME.key (keep it secret) and NAME.pub (pin it on "
             "boards).", ("ganglion keygen mine",)),
        Verb("sign", "Sign BRAIN (.gbn) with the private KEY.",
             ("ganglion sign robot.gbn mine.key",)),
    ),
    "Run it": (
        Verb("simulate", "Run a genome (.json), a connectome (.npz), a trained network (.nir; fp32 "
             "is its tool's) or a brain (.gbn) on this computer.",
             ("ganglion simulate robot.json --precision fp32",
              "ganglion simulate robot.gbn --bursts 100 --spikes")),
        Verb("run", "Put BRAIN (.gbn or genome) on a device, run it, and show its spikes.",
             ("ganglion run robot.gbn --bursts 20",
              'ganglion run robot.gbn --stimulus none --inject "Infrared sensors:0,0,0=5@2"',
              "ganglion run robot.gbn --device /dev/ttyUSB0 --record run.gbr")),
        Verb("verify", "Prove that a device computes exactly what the reference does, for BRAIN "
             "(.gbn or genome).", ("ganglion verify robot.gbn",
             "ganglion verify robot.gbn --device virtual-150k --bursts 5000",
             "ganglion verify robot.gbn --stimulus whole:1:0.05 --junit verify.xml")),
        Verb("robot", "Robot files: which sensor enters which area, and which area moves which "
             "motor.", ("ganglion robot new robot.json -o robot.toml",
                        "ganglion robot check robot.json robot.toml")),
        Verb("drive", "Drive the robot of BRAIN (.gbn or genome), and prove each burst equal to "
             "the reference.", ("ganglion drive robot.json --robot robot.toml --picture drive.png",
             "ganglion drive robot.json --robot robot.toml --record drive.gbr")),
        Verb("learned", "Read out what BRAIN (.gbn or genome) has learnt on a device, after "
             "--bursts more if given.",
             ("ganglion learned pairing.gbn --bursts 300 -o paired.npz",)),
        Verb("sweep", "Run the matrix of FILE (.toml), and go on where an earlier run of it ended.",
             ("ganglion sweep matrix.toml --workers 2",)),
    ),
    "Watch and keep": (
        Verb("monitor", "Watch BRAIN (.gbn or genome) run on a device.",
             ("ganglion monitor robot.gbn", "ganglion monitor robot.gbn --web")),
        Verb("record", "Run BRAIN (.gbn or genome) on a device and keep everything it says.",
             ("ganglion record robot.gbn -o run.gbr --bursts 500",)),
        Verb("replay", "Play the recording FILE to the monitor, verify it, or say what it holds.",
             ("ganglion replay run.gbr --to verify", "ganglion replay run.gbr --to summary")),
        Verb("plot", "Draw a run of the recording FILE.",
             ("ganglion plot run.gbr -o raster.png",
              "ganglion plot run.gbr -o trace.png --kind trace --neuron i__inf:0,0,0 --neuron 40")),
        Verb("export", "Write a run of the recording FILE, or the brain FILE, for other programs.",
             ("ganglion export run.gbr -o spikes.csv", "ganglion export run.gbr -o run.nwb")),
    ),
    "Compare and explain": (
        Verb("compare", "Compare the firing of A and B.",
             ("ganglion compare run.gbr sim:robot.json@fp32 --min-similarity 0.99",
              "ganglion compare run.gbr#1 run.gbr#2 --report report.html")),
        Verb("fidelity", "Compare GENOME (.json, .npz or a golden trace) in integers with itself "
             "in float32.", ("ganglion fidelity robot.json",
                             "ganglion fidelity robot.json --sweep --picture sweep.png")),
        Verb("explain", "Tell the story of one NEURON of BRAIN (.gbn): a number, or AREA:X,Y,Z.",
             ("ganglion explain robot.gbn 40",
              'ganglion explain robot.gbn "Go forward:0,0,0" --genome robot.json')),
        Verb("bench", "Count the instructions of BRAIN's bursts (.gbn or genome) in an emulator.",
             ("ganglion bench robot.gbn",)),
    ),
    "Boards": (
        Verb("boards", "List the boards, or check and show BOARD: a name, or the path of a board "
             "file.", ("ganglion boards", "ganglion boards esp32 --json")),
        Verb("devices", "List the virtual device, the emulated one and the serial ports on USB.",
             ("ganglion devices",)),
        Verb("flash", "Make a board ours: MicroPython, the firmware, and BRAIN (.gbn or genome) if "
             "there is one.", ("ganglion flash robot.gbn --board esp32 --dry-run",
                               "ganglion flash robot.gbn --board esp32 --port auto")),
        Verb("deploy", "Put BRAIN (.gbn or genome) on a device, and the firmware if it is another "
             "version's.", ("ganglion deploy robot.gbn --device auto",)),
    ),
    "Shell": (
        Verb("completion", "Print what makes SHELL complete ganglion's words.",
             ('eval "$(ganglion completion bash)"',)),
    ),
}  # fmt: skip
VERBS = {verb.name: verb for group in GROUPS.values() for verb in group}
