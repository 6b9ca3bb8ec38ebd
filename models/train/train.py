"""Trains and writes the shipped bundles: python models/train/train.py --data DATA --out models

DATA holds mnist/ and fashion-mnist/ with the four original gzipped idx files each, and for scenes64
tiny-imagenet/ and models/classifiers/ as its card says, and for heartbeats ecg/ecg.dat. Every stage keeps a checkpoint per epoch under --cache
and goes on from there; delete a checkpoint to train its stage again.
"""

import argparse
from pathlib import Path

import torch

import bundles
import card
import classifier
import data
import encoder
import figures
import generator
import halfspace
import inverse
import judge
from heartbeats import train as heartbeats
from scenes64 import train as scenes64


def halfspace_bundle(wanted, log):
    """The neuron whose inverse set is known."""
    images, labels = data.load(wanted.data, "mnist", "train")
    test_images, test_labels = data.load(wanted.data, "mnist", "t10k")
    neuron = halfspace.train(images, labels, log)
    facts, tensors = bundles.halfspace(wanted.out / "halfspace", neuron, test_images.numpy())
    if not wanted.no_card:
        measured = halfspace.figures(neuron, test_images, test_labels)
        card.halfspace(wanted.out / "halfspace", neuron, facts, measured, tensors, test_images.numpy())


def fashion_bundle(wanted, log):
    """Ten garments."""
    images, labels = data.load(wanted.data, "fashion-mnist", "train")
    test_images, test_labels = data.load(wanted.data, "fashion-mnist", "t10k")
    nets = dict(
        classifier=classifier.train(images, labels, wanted.cache, log=log),
        encoder=encoder.train(images, wanted.cache, log=log),
        judge=judge.train(images, wanted.cache, log=log),
    )
    nets["generator"], together = generator.train(images, wanted.cache, log=log)
    nets["inverse"] = inverse.train(images, nets["generator"], together, wanted.cache, log=log)
    facts, tensors = bundles.fashion(wanted.out / "fashion", nets, test_images.numpy())
    if not wanted.no_card:
        quantiles = tensors["quantiles/logits"]
        measured = figures.fashion(wanted.out / "fashion", images.numpy(), test_images.numpy(), test_labels.numpy(),
                                   classifier.MEAN, classifier.STD, quantiles)
        card.fashion(wanted.out / "fashion", facts, measured, tensors, test_images.numpy(), test_labels.numpy())


def scenes64_bundle(wanted, log):
    """Two hundred kinds of things in colour."""
    scenes64.make(wanted.data, wanted.out / "scenes64", wanted.cache, log, not wanted.no_card)


def heartbeats_bundle(wanted, log):
    """Signals: normal and premature beats of an electrocardiogram."""
    heartbeats.make(wanted.data, wanted.out / "heartbeats", log, not wanted.no_card)


BUNDLES = {"halfspace": halfspace_bundle, "fashion": fashion_bundle, "scenes64": scenes64_bundle,
           "heartbeats": heartbeats_bundle}


def main():
    here = Path(__file__).parent
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    parser.add_argument("--bundle", choices=BUNDLES, action="append", help="which to make; repeat it; all by default")
    parser.add_argument("--out", type=Path, default=here.parent, help="folder of the bundles")
    parser.add_argument("--cache", type=Path, default=here / "cache", help="folder of the checkpoints")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads, 0: all")
    parser.add_argument("--no-card", action="store_true", help="write the bundles only, no figures and sheets")
    wanted = parser.parse_args()
    if wanted.threads:
        torch.set_num_threads(wanted.threads)
    torch.set_flush_denormal(True)

    def log(text):
        print(text, flush=True)

    for name in wanted.bundle or BUNDLES:
        BUNDLES[name](wanted, log)


if __name__ == "__main__":
    main()
