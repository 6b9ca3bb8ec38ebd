"""Heartbeats out of five minutes of a real electrocardiogram, and a stated rule for what is premature.

The recording is the file scipy/misc/ecg.dat of the scipy wheels up to 1.9: lead MLII of record 208 of the
MIT-BIH Arrhythmia Database (Moody and Mark 2001, PhysioNet, Open Data Commons Attribution License v1.0),
19:35 to 24:35, 360 Hz. The database's annotations are not in the file, so the beats are labelled by a rule.
"""

from dataclasses import dataclass

import numpy as np
import scipy.signal as signal

RATE = 360  # samples a second of the recording
STEP = 2  # every second sample is kept: 180 a second
BEFORE, LENGTH = 56, 128  # kept samples before the peak, and in all: 0.31 s and 0.71 s
HELD_OUT_FROM = 200.0  # seconds: beats from here on are held out

# Width at half height: a normal QRS complex is narrow here, a ventricular beat wide. What lies between is in
# doubt (fusion beats) and has no label.
NARROW, WIDE = 0.045, 0.055  # seconds
LABELS = ["normal", "premature"]


@dataclass
class Beats:
    """Beats in mV [n, 1, LENGTH], the second each one peaks, its width in seconds, its label or -1."""

    values: np.ndarray
    seconds: np.ndarray
    widths: np.ndarray
    labels: np.ndarray

    def part(self, chosen):
        return Beats(self.values[chosen], self.seconds[chosen], self.widths[chosen], self.labels[chosen])

    def split(self):
        """Those to learn from, and those held out."""
        held_out = self.seconds >= HELD_OUT_FROM
        return self.part(~held_out), self.part(held_out)


def recording(data) -> np.ndarray:
    """The electrocardiogram in mV, without the drift of its base line and without noise above 40 Hz."""
    with np.load(data / "ecg" / "ecg.dat") as file:
        raw = (file["ecg"].astype(int) - 1024) / 200.0  # ADC zero and gain as scipy gives them
    ends = np.array([0.5, 40.0]) / (RATE / 2)
    return signal.filtfilt(*signal.butter(2, ends, "band"), raw)


def peaks(ecg) -> np.ndarray:
    """Where beats peak: maxima of the smoothed energy of the slope from 5 to 15 Hz, then the highest sample near.

    The energy is that of Pan and Tompkins (IEEE Trans. Biomed. Eng. 1985).
    """
    ends = np.array([5.0, 15.0]) / (RATE / 2)
    slope = np.gradient(signal.filtfilt(*signal.butter(2, ends, "band"), ecg))
    energy = np.convolve(slope**2, np.ones(43) / 43, "same")
    rough, _ = signal.find_peaks(energy, distance=RATE // 4, height=0.35 * energy.mean())
    exact = [max(0, at - 60) + int(np.argmax(ecg[max(0, at - 60) : at + 30])) for at in rough]
    kept = []
    for at in exact:
        if not kept or at - kept[-1] >= RATE // 4:
            kept.append(at)
    return np.array(kept)


def width(ecg, at) -> float:
    """Seconds that the beat which peaks at a sample is above half its height over the base line before it."""
    base = np.median(ecg[at - 110 : at - 40])
    half = base + (ecg[at] - base) / 2
    below = ecg[at - 100 : at + 100] <= half
    left = 100 - np.flatnonzero(below[:100]).max(initial=-1)
    right = np.flatnonzero(below[100:]).min(initial=100)
    return float(left + right) / RATE


def load(data) -> Beats:
    """Every beat that lies whole in the recording."""
    ecg = recording(data)
    first, last = BEFORE * STEP + 110, len(ecg) - LENGTH * STEP
    found = [at for at in peaks(ecg) if first <= at < last]
    start = -BEFORE * STEP
    cut = np.stack([ecg[at + start : at + start + LENGTH * STEP : STEP] for at in found])
    widths = np.array([width(ecg, at) for at in found])
    labels = np.where(widths <= NARROW, 0, np.where(widths >= WIDE, 1, -1))
    return Beats(cut[:, None].astype(np.float32), np.array(found) / RATE, widths, labels)
