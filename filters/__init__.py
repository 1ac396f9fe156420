"""Decides about calls. Pure and synchronous: no I/O, clock, log, asyncio or database in here."""
