"""Examines an installation and says, line by line, what to mend. Changes nothing."""
