"""A private Asterisk and SIPp for `make run`, `make test` and `make bench`. Nothing that callfilter itself imports."""
