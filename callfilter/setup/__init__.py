"""Puts callfilter on a PBX and takes it off again: first a plan that only reads, then, if agreed, the deed."""
