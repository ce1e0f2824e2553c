"""Missing scores in the comparison of two arms: imputation, weights for staying, worst cases, tipping points, and who left."""

from outcomes.analysis.comparison.missing.dropout import DROPOUT
from outcomes.analysis.comparison.missing.imputations import IMPUTATIONS
from outcomes.analysis.comparison.missing.whole import MissingTables, analyse_missing

__all__ = ["DROPOUT", "IMPUTATIONS", "MissingTables", "analyse_missing"]
