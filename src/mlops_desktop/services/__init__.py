"""Wishes: what a user can ask for, one service per noun."""
