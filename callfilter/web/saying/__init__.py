"""What the filter says, in the language of the page: its sentences, its fixed words, and rules in plain words."""
