"""Remembers: own numbers and the call log. The only SQL of the project is in here; nothing in here decides."""
