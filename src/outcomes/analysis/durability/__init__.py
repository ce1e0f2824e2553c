"""How long a response lasts after the induction, when it is seen only at visits."""

from outcomes.analysis.durability.describe import describe_durability

__all__ = ["describe_durability"]
