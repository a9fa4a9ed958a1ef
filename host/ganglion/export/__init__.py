"""A recorded run for other programs: tables, NIR, NWB, Neo; and as pictures (`plots`)."""
