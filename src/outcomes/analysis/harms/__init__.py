"""Harms: who was asked, who had what, how often, how severe, and what stopped treatment."""
