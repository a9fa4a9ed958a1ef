"""Robot: from what a sensor reads to spikes, and from spikes to what a motor is told.

In:  a robot file (robot.toml), a brain in integers.
Out: the robot's program (SPEC.md 10), its exact reference, a world to drive it in.
Never: floating point in anything that a board repeats; a look at a device or at the network.
"""
