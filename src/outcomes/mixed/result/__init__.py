"""What a fit gives back, and what can be asked of it afterwards."""
