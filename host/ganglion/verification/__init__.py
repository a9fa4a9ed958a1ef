"""Is it equal? A device, a recording or a live run against the reference, burst by burst."""
