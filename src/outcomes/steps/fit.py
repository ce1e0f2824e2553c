"""Endpoints → one mixed-effects model."""

from __future__ import annotations

from outcomes.errors import SettingsError
from outcomes.files import write_text
from outcomes.settings import Model, Study
from outcomes.steps.step import Step, Work


def fit(work: Work) -> dict[str, str]:
    """Fit one mixed-effects model of the study file; of one that these scores cannot carry no number is released."""
    from outcomes.analysis.models import fit_model, model_frame
    from outcomes.analysis.rare_levels import guard_levels

    name = work.options.model
    model = _model(work.whole, name)
    patients = work.tables["patients"]
    frame = model_frame(work.tables["endpoints"], work.tables["cohort"], patients, model)
    result = fit_model(frame, model, name, [arm.id for arm in work.study.arms])
    guarded = guard_levels(result, frame, set(patients.columns) - {"patient"}, work.study.privacy)
    write_text(guarded.to_json(), work.places.model(name))
    return {}


def _model(study: Study, name: str) -> Model:
    if name not in study.models:
        raise SettingsError(f"no model '{name}'; the study file has: {', '.join(study.models) or 'none'}.")
    return study.models[name]


STEP = Step(
    fit,
    "endpoints → one mixed-effects model",
    reads=("patients", "endpoints", "cohort"),
    writes=(),
    sections=("arms", "seed", "privacy"),
    options=((("model",), {"help": "name of the model in the study file"}),),
)
