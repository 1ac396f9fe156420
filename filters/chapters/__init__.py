"""The chapters of a decision, one module each, and the shape they share. `filters/decide.py` puts them in order."""
