"""The differences of the arms: the primary model, response and remission, and their variance."""
