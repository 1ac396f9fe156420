"""The page and the API: what users see. Nothing of a live call goes through here."""
