"""The main job, played through on the embedded sandbox by the daemon that runs in production."""
