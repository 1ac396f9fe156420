"""callfilter remembers, shows and starts; `filters` decides and `agi` talks to Asterisk."""

__version__ = "0.1.0"
