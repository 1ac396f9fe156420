"""Numbers out of files and pasted text. Reads only; what is done with them is for others."""
