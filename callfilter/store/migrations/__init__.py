"""Alembic's folder: `env.py` runs the migrations in `versions`; nothing else imports it."""
