"""The one quiet process per workspace that moves things on while no window is open."""
