"""What is alive at each moment of a training step that can be its highest: the peak is a maximum over moments, not a sum of parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from advisor.memory.activations import Layer, entrance, layer, tail
from advisor.memory.architecture import Architecture, linears
from advisor.memory.experts import EXPERTS, GROUPED
from advisor.memory.logits import loss
from advisor.memory.numerics import HALF, Numerics
from advisor.memory.settings import Run


class Moment(NamedTuple):
    """A phase, what happens then in words, and bytes by component."""

    phase: str
    words: str
    parts: Mapping[str, float]

    @property
    def total(self) -> float:
        return sum(self.parts.values())


Maker = Callable[[str, str, float, float, float, float], Moment]


@dataclass(frozen=True, slots=True)
class Step:
    """Bytes on one GPU that the moments are made of. `resident`: alive throughout, by component; `gradients`: of all that learns, when
    the backward pass ends; `head_gradient` and `embedding_gradient`: of them; `copies`: casts of weights cached by autocast in a
    checkpointed forward pass; `update`: the optimizer's own temporaries."""

    resident: Mapping[str, float]
    gradients: float
    head_gradient: float
    embedding_gradient: float
    copies: float
    update: float
    rows: int
    length: float
    positions: float


def moments(shape: Architecture, run: Run, numerics: Numerics, step: Step) -> Iterator[Moment]:
    """The moments of forward, backward and optimizer step that can be the highest."""
    # Megatron's gradients lie in a buffer that exists from the start.
    accumulates = run.accumulation > 1 or run.megatron
    held = step.gradients if accumulates else 0.0
    kinds = _layers(shape, run, numerics, step)
    micro = min(run.pipeline, run.accumulation) if run.pipeline > 1 else 1
    tokens = step.rows * step.length
    tied = shape.tied and run.method.loss != "score"
    offloaded = "activations" in run.offloaded
    projected = run.method.loss != "score" and not run.fused_loss
    outer = HALF * shape.vocabulary * shape.hidden if numerics.autocast and numerics.weight > HALF and projected else 0.0
    if run.checkpointing:
        boundary = kinds[0][1].boundary
        inner = boundary * (min(2, shape.layers) if offloaded else shape.layers) * micro
        copies = outer
    else:
        inner = sum(count * kind.kept for count, kind in kinds) * micro
        copies = sum(count * kind.copies for count, kind in kinds) + outer
    mask = tokens * step.length if run.attention != "flash" else 0.0
    before = entrance(shape, numerics, tokens / shape.spread, leaf=bool(numerics.rank) and run.checkpointing)
    # The mask is an argument of every checkpointed layer, so that it lives until the first has been computed again.
    before += mask if run.checkpointing else 0.0
    activations = before + inner + tail(shape, numerics, tokens / shape.spread)
    found = loss(shape, run, numerics, step.rows, step.positions)

    def moment(phase: str, words: str, gradients: float, alive: float, logits: float, temporary: float) -> Moment:
        return Moment(
            phase, words, {**step.resident, "gradients": gradients, "activations": alive, "logits": logits, "temporary": temporary}
        )

    # The embedding's output, with what is made of it before the first layer, and the mask are held by the model's own forward function.
    embedded = 2 if shape.embedding_norm or shape.embedding_scale or shape.positions else 1
    around = embedded * tokens * shape.hidden / shape.spread * numerics.residual + mask
    inside = around + max(kind.unrecorded + kind.returned if run.checkpointing else kind.recorded - kind.kept for _, kind in kinds)
    bare = replace(numerics, rank=0, targets=frozenset(), trains=False)
    again = (
        around + max(kind.unrecorded + kind.returned for _, kind in _layers(shape, run, bare, step))
        if found.before_reference is not None
        else 0.0
    )
    yield moment("forward", "inside the forward pass", held, activations, 0.0, max(step.copies, copies) + inside)
    if found.before_reference is not None:
        yield moment("forward", "inside the reference's forward pass", held, activations, found.before_reference, copies + again)
    yield moment("forward", "end of the model's forward pass", held, activations, found.inside, max(step.copies, copies))
    yield moment("forward", "loss and metrics", held, activations, found.forward, copies)
    yield moment("backward", "gradient of the loss", held, activations, found.backward, copies)
    head = step.head_gradient
    cast = head * HALF / numerics.weight if numerics.autocast and numerics.weight > HALF else 0.0
    yield moment("backward", "gradient of the output projection", max(held, head), activations, found.head, copies + cast)
    yield from _walk(run, kinds, step, held, tied, before, moment)
    twice = step.embedding_gradient if tied or accumulates else 0.0
    yield moment("backward", "gradient of the embedding", step.gradients, tokens * shape.hidden * numerics.residual, 0.0, twice)
    yield moment("optimizer", "optimizer step", step.gradients, 0.0, 0.0, step.update)


def _layers(shape: Architecture, run: Run, numerics: Numerics, step: Step) -> list[tuple[int, Layer]]:
    """Runs of equal layers in forward order. Without checkpointing, nothing has a gradient before the first adapter: the layers in front of
    it keep nothing, and its own layer's input needs none."""
    accumulates = run.accumulation > 1 or run.megatron
    found: list[tuple[int, Layer]] = []
    flows = numerics.trains or run.checkpointing
    for count, dense, convolution in shape.stretches:

        def one(first: bool, dense: bool = dense, convolution: bool = convolution) -> Layer:
            return layer(
                shape,
                numerics,
                step.rows,
                step.length,
                run.attention,
                dense=dense,
                convolution=convolution,
                first=first,
                accumulates=accumulates,
            )

        if not flows:
            names = {item[0] for item in linears(shape, dense=dense, convolution=convolution)}
            flows = bool(numerics.targets & (names if dense else names | {EXPERTS, GROUPED}))
            bare = 1 if flows else count
            found.append((bare, one(True)))
            count -= bare
        if count:
            found.append((count, one(False)))
    return found


def _walk(
    run: Run, kinds: list[tuple[int, Layer]], step: Step, held: float, tied: bool, before: float, moment_of: Maker
) -> Iterator[Moment]:
    """Both ends of every run of equal layers: gradients grow as what was kept is freed, so the middle is never the highest."""
    outer = step.head_gradient
    walked = sum(count * kind.rest for count, kind in kinds) or 1.0
    inner = max(0.0, step.gradients - step.head_gradient - (0.0 if tied else step.embedding_gradient))
    index, total = 0, sum(count for count, _ in kinds)
    for number, (count, kind) in enumerate(kinds):
        for position in {0, count - 1}:
            below = sum(n * (k.boundary if run.checkpointing else k.kept + k.copies) for n, k in kinds[:number])
            below += (position + (1 if run.checkpointing else 0)) * (kind.boundary if run.checkpointing else kind.kept + kind.copies)
            above = sum(n * k.rest for n, k in kinds[number + 1 :]) + (count - 1 - position) * kind.rest
            gradients = held or outer + inner * above / walked
            words = f"backward through layer {index + position + 1} of {total}"
            again = kind.repeated + kind.early if run.checkpointing else 0.0
            yield moment_of(
                "backward", words, gradients, before + below + max(kind.peak - (kind.shared if run.checkpointing else 0.0), again), 0.0, 0.0
            )
        index += count
