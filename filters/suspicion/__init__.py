"""What makes a stranger suspicious: steps in `watches.py`, the score's symbols in `symbols.py`. Never a block."""
