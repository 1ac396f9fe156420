"""Talks to Asterisk: the AGI wire, a FastAGI server, a classic AGI script and an AMI client."""
