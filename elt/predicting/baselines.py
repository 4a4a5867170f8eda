"""What anybody could say without a model: usual rates and means, by one column at most."""

import numpy as np

from elt.predicting.candidates import fit_linear
from elt.predicting.encoding import levels_of
from elt.predicting.frames import Floats, Frame
from elt.predicting.models import predict
from elt.predicting.tasks import Baseline, Kind

FEW_VALUES = 8  # a column of so few different values is taken as groups, any other as a line
PRIOR_ROWS = 5.0  # a small group's rate is drawn towards that of all


def predicted(baseline: Baseline, kind: Kind, train: Frame, target: Floats, test: Frame) -> Floats:
    """The baseline learnt on training rows, said of test rows."""
    usual = float(target.mean())
    if baseline.column is None:
        return np.full(len(test), float(np.median(target)) if kind == "regression" else usual)
    name = baseline.column
    if train[name].dtype == np.float64 and len(np.unique(train[name][~np.isnan(train[name])])) > FEW_VALUES:
        line = fit_linear(kind, train.numbers(name)[:, None], target, 1e-9)
        return predict(line, test.numbers(name)[:, None])
    known = levels_of(train, name)
    asked = levels_of(test, name)
    said = np.full(len(test), usual)
    for level in sorted(set(known)):
        inside = target[known == level]
        said[asked == level] = (inside.sum() + PRIOR_ROWS * usual) / (len(inside) + PRIOR_ROWS)
    return said
