"""Arms are told apart without their colours: in grey, with each form of colour blindness, and against white paper."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from outcomes.release.figures.canvas.style import INK, LINES, MARKERS, PALETTE

# Machado, Oliveira & Fernandes (2009), severity 1.0, on linear RGB; doi:10.1109/TVCG.2009.113
SIGHT = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
OKABE_ITO = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")


def linear(color: str) -> np.ndarray:
    """sRGB (IEC 61966-2-1) to linear light."""
    values = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def lab(light: np.ndarray) -> np.ndarray:
    """CIE L*a*b* under D65."""
    ratio = XYZ @ light / (XYZ @ np.ones(3))
    f = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def nearest(colors, sight="normal", part=slice(None)) -> float:
    """The least distance of two colours, as one with that sight sees them."""
    seen = [lab(np.clip(SIGHT[sight] @ linear(color), 0, 1))[part] for color in colors]
    return min(float(np.linalg.norm(a - b)) for a, b in itertools.combinations(seen, 2))


def test_lightness_of_known_colours():
    assert lab(linear("#FFFFFF")) == pytest.approx([100, 0, 0], abs=1e-6)
    assert lab(linear("#777777"))[0] == pytest.approx(50.03, abs=0.05)  # the usual middle grey
    red = lab(linear("#FF0000"))
    assert red == pytest.approx([53.24, 80.09, 67.20], abs=0.05)


@pytest.mark.parametrize("sight", SIGHT)
def test_all_arms_are_told_apart_with_each_form_of_colour_blindness(sight):
    assert nearest(PALETTE, sight) > 17
    assert nearest(PALETTE[:3], sight) > 28


@pytest.mark.parametrize(("arms", "least"), [(2, 17), (3, 17), (4, 7), (6, 7)])
def test_the_first_arms_differ_in_grey(arms, least):
    assert nearest(PALETTE[:arms], part=slice(0, 1)) > least


def test_the_measure_tells_a_palette_that_fails_in_grey():
    assert nearest(OKABE_ITO[:3], part=slice(0, 1)) < 4


@pytest.mark.parametrize("color", [*PALETTE, INK])
def test_lines_stand_out_from_the_paper(color):
    luminance = float((XYZ @ linear(color))[1])
    assert 1.05 / (luminance + 0.05) >= 3  # WCAG 2.1, success criterion 1.4.11


def test_up_to_eight_arms_have_markers_and_up_to_five_have_lines_of_their_own():
    assert len(set(MARKERS)) == len(PALETTE) == 8
    assert len(set(map(str, LINES))) == 5
