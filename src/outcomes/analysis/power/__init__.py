"""How many patients a comparison needs, simulated on the engine under what the study has learned of its scores."""
