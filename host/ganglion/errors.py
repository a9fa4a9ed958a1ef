"""Errors: one root class, and the exit code that each kind of refusal gives.

In:  a fact with its value, and a remedy.
Out: one sentence, "fact; remedy", which the command line prints on stderr.
Never: a traceback for something that the user, a file, a port or a device did.
"""


class GanglionError(Exception):
    """A refusal that is not a bug of ours: an input, an option, a port or a device.

    `fact` says what was met, with its value; `remedy` says what to do about it.
    """

    exit_code = 1

    def __init__(self, fact: str, remedy: str) -> None:
        super().__init__(f"{fact}; {remedy}")
        self.fact = fact
        self.remedy = remedy


class GenomeError(GanglionError):
    """The file is not a genome that can be read and developed."""


class ConnectomeError(GanglionError):
    """The bytes are not a developed connectome, or it breaks a rule of one."""


class QuantizeError(GanglionError):
    """The connectome has no integer form under the options given."""


class BlobError(GanglionError):
    """The bytes are not a network that this version may run."""


class KeyFileError(GanglionError):
    """The file is not a key, or cannot be written as one."""


class FrameError(GanglionError):
    """Bytes on the link are not a frame."""


class StimulusError(GanglionError):
    """The stimulus cannot be read, or does not suit this brain."""


class StimulusWordError(StimulusError):
    """The words for a stimulus or an injection make no sense, or not for this brain."""

    exit_code = 2


class BoardError(GanglionError):
    """The board file is not one, or no board has that name."""


class UnknownBoardError(BoardError):
    """No board has that name."""

    exit_code = 2


class RobotError(GanglionError):
    """The robot file, the world or the drive is not one, or does not suit the brain."""


class ToolError(GanglionError):
    """A program that we call (esptool, mpremote, mpy-cross, micropython) is missing or failed."""


class RecordingError(GanglionError):
    """The file is not a recording, or cannot be written."""


class UsageError(GanglionError):
    """An option or an argument that makes no sense."""

    exit_code = 2


class DeviceError(GanglionError):
    """The device refused, fell silent, or said something that makes no sense."""


class NoDeviceError(DeviceError):
    """No device answers to that name, or several do."""

    exit_code = 3


class MismatchError(GanglionError):
    """The device and the reference are not equal."""

    exit_code = 4


class DoesNotFitError(GanglionError):
    """The brain needs more than the board has."""

    exit_code = 5
