"""The verbs: one module each, whose `command` the command line finds by its name."""
