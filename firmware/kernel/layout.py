"""Layout: the words of the tables that the kernels read, by name.

In:  nothing.
Out: for each table how many words a row has, and which word is what.
Never: made from the host's code: two readings of SPEC.md that agree are worth more than one. Goes
       to a board: tools/make_kernels.py puts the numbers where a kernel has the names, and modules
       of the firmware repeat with const() those that they use (`_P_ZONE = const(26)`); a test
       compares them.

A "skip" is what to subtract from a neuron's number to find its place in an array that has not one
for every neuron.
"""

# populations
P_WORDS = 32
P_FIRST, P_STOP = 0, 1  # neurons
P_FLAGS = 2  # FLAG_*
P_THRESHOLD = 3
P_LEAK, P_HALF, P_SHIFT = 4, 5, 6  # of all that is kept; in GENERAL populations as the blob has it
P_QUEUE = 7  # bytes from the first queue to that of its kind: Brain writes it
P_COUNTS = 8  # countdowns: 0 none, 1 of 8 bits, 2 of 16
P_REFRACTORY = 9
P_COUNTDOWN = 10  # skip
P_DEPTH, P_HIGH = 11, 12  # clamps: -low, high
P_STEP, P_UPPER, P_OFFSET = 13, 14, 15  # step and skip of the threshold's offsets; its upper limit
P_LIMIT, P_LONG_COUNT, P_SNOOZED = 16, 17, 18  # consecutive fires: limit; skip of those of 16 bits
P_EXCITABILITY = 19
P_ID = 20  # of its neurons, less their number
P_PSP_SHIFT = 21
P_INPUT_MAX = 22
P_SMALL = 23  # the first potential of which the leak is more than nothing; at most the threshold
P_TALLY = 24  # skip
P_FINE = 25  # 32768 plus the leak's fine part
P_ZONE = 26  # bytes from the first zone to its own
P_SMALL_BELOW = 27  # as P_SMALL, of potentials below zero
P_BLOCKS, P_BLOCKS_STOP = 28, 29  # bytes from the first block to its own
P_HAS_TALLY = 30  # 0 or 1
P_AREA = 31

# ... where its kind is TOUCHED or LIMITED: the words of its tallies, and what in them is of others
P_TALLIES, P_BEFORE, P_TALLIES_LAST, P_AFTER = 13, 14, 15, 17

# ... where it is EVERY: bytes from the populations to what the leak leaves of each potential below
# the threshold, for potentials of 16 bits; 0 where there is no such table
P_TABLE = 13

# kinds of population: which kernel updates it. They are not in the table: net.kinds has them
KIND_CALM, KIND_TOUCHED, KIND_LIMITED, KIND_GENERAL, KIND_EVERY = 1, 2, 3, 4, 5
KIND_GENERAL_EVERY = 6  # every neuron, by the general kernel

# flags, as the blob has them (SPEC.md 5.2)
FLAG_ACCUMULATES, FLAG_EVERY, FLAG_UPPER, FLAG_ALWAYS = 1, 2, 4, 8
FLAG_MP_DRIVEN, FLAG_VARIES, FLAG_PLACED = 16, 32, 64
FLAG_ODD = FLAG_UPPER | FLAG_ALWAYS | FLAG_MP_DRIVEN  # ALWAYS alone: a threshold says who fires

# zones
Z_WORDS = 8
Z_AWAKE = 0
Z_FIRST, Z_STOP = 1, 2  # neurons
Z_TOUCH = 3  # a neuron that got something: 0 not told, 1 by storing 1, 2 by setting a bit
Z_TALLY = 4  # skip
Z_POPULATIONS, Z_POPULATIONS_STOP = 5, 6
Z_KEY = 7  # what its populations have in common

# links
L_WORDS = 8
L_AMOUNT, L_KIND, L_CAP, L_SHIFT = 0, 1, 2, 3  # as of a class
L_LOOP = 4  # of deliver_rows
L_ZONE = 5  # bytes from the first zone
L_TALLY = 6  # skip
L_USED = 7  # 1 once it is
D_STORES, D_OWN, D_TOUCHES = 1, 2, 8  # bits of L_LOOP: touching stores a 1; own weights; sets a bit

# classes
C_WORDS = 4
C_AMOUNT = 0  # what a synapse adds, or the multiplier
C_KIND = 1  # 0 all the same, 1 own weights of 8 bits, 2 mp-driven +, 3 mp-driven -, 4 of few bits
C_CAP = 2  # ... or mask of few bits
C_SHIFT = 3  # ... or how many bits

S_OWN, S_DRIVEN, S_DRIVEN_MINUS, S_FEW = 1, 2, 3, 4  # kinds; S_DRIVEN is a bit of both

# blocks of synapses, in words of 16 bits (SPEC.md 5.5)
B_FIRST, B_COUNT = 0, 1  # sources
B_CLASS, B_ZONE = 2, 3
B_START = 4  # the target of the first source; of a grid, how many entries A has
B_STEP = 5  # from one source's target to the next's, with its sign
B_DIVISOR = 6  # sources of one outer entry of a grid; 0 = no grid
B_NEXT, B_TABLES = 7, 8  # words of 32 bits to the next block, and of its runs
B_FORM = 9
B_FACTOR = 5  # in words of 32 bits: what each source adds (F_ONE), or by what B_DIVISOR divides
F_SAME, F_EACH, F_EACH_GRID, F_ONE = 1, 2, 3, 4  # forms: all have the same targets; one each; at
# grid points; all have one. 5 is F_SAME on a grid, 0 any other; those of an odd number have no step

# ranges of the stimulus
I_WORDS = 4
I_FIRST, I_STOP = 0, 1
I_AMOUNT = 2
I_ZONE = 3  # bytes from the first zone

# the stimulus
G_STATE = 0  # of the generator
G_LAST = 1  # the last draw that is a hit
G_SHIFT = 2  # where the member is in a draw
G_FACTOR, G_STEP = 3, 4
G_SPARE = 5  # bits of a viper int beyond 32
G_MEMBERS = 6  # mask

# constants of a brain that learns
K_BURST = 8  # its number

# projections of plastic synapses (SPEC.md 10)
J_WORDS = 24  # the last is none
J_FIRST, J_STOP = 0, 1  # sources
J_FORM = 2  # 0 listed, 1 pairs, 2 associative
W_PAIRS = 1
J_MULTIPLIER, J_CAP, J_HALF, J_SHIFT = 3, 4, 5, 6  # of a weight
J_FLAGS = 7
W_NEGATIVE, W_MP_DRIVEN, W_DIRECT = 1, 2, 4  # W_DIRECT: no shift, no cap, its multiplier has a sign
J_ZONE = 8  # bytes from the first zone
J_WEIGHTS = 9  # in the state
J_BEGINS, J_TARGETS = 10, 11  # in the constants; if not listed, J_TARGETS is the first neuron ...
J_SIZE = 12  # ... and this how many there are in the zone
J_PRESENT = 13  # in the state
J_WINDOW, J_UP, J_DOWN = 14, 15, 16
J_SOURCE_SKIP, J_TARGET_SKIP = 17, 18  # to find a history
J_SOURCE_AREA, J_TARGET_AREA = 19, 20  # bytes from the first area with a history
J_PLACES = 21
J_CLOSED = 22  # whether some place is not present for ever

# areas with a history
H_WORDS = 8  # the last is none
H_FIRST, H_STOP = 0, 1  # neurons
H_WINDOW = 2  # the longest
H_SKIP = 3  # to find a history
H_SINCE = 4  # bursts since one fired, at most the window and one
H_BEFORE, H_AFTER = 5, 6  # what of its first and of its last word of the fired set is of it

# memory areas
M_WORDS = 16
M_DEPTH = 0
M_FRAME = 1  # words of a frame
M_SLOTS = 2
M_INIT, M_GROWTH, M_LONGTERM = 3, 4, 5
M_FRAMES, M_FLAGS, M_ALIVE, M_LIFE, M_PATTERNS = 6, 7, 8, 9, 10  # in the state
M_SPANS, M_COUNT = 11, 12  # bytes from the first span; how many
M_LONGEST = 13  # life
M_USED = 14  # slots
M_SILENT = 15  # bursts in which nothing upstream fired

# twins
T_WORDS = 12  # the last four are none
T_AMOUNT, T_CAP = 0, 1
T_FRAME, T_COUNT = 2, 3  # its words in the oldest frame; how many
T_FLAGS, T_DEPTH = 4, 5
T_FIRST = 6  # the first neuron of those words, from the first of their first word
T_PLAYS = 7  # where its neurons begin in the constants
