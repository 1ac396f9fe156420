"""The `callfilter` command: reads what people type, shows what others found out. Decides and stores nothing itself."""
