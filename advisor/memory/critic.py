"""A critic beside the policy: a model with a value for every token, with weights, gradients and optimizer of its own, updated after the
policy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from advisor.memory.architecture import Architecture, parameters
from advisor.memory.optimizer_state import State, state
from advisor.memory.phases import Moment, moments
from advisor.memory.residency import step, widths
from advisor.memory.settings import Run
from advisor.memory.sharding import Degrees
from advisor.memory.weights import Weights, weigh


class Critic:
    """The critic of a run, with the policy's shape where `critic.parameters` says no other size, and adapters where the policy has them
    (ms-swift and OpenRLHF; verl asks for each)."""

    def __init__(self, run: Run, shape: Architecture) -> None:
        self.run = replace(run, method=replace(run.method, loss="score", rows=1), quantization=None, saved=(), completion=None)
        self.shape = shape
        self.numerics, width = widths(self.run, shape)
        self.weights: Weights = weigh(shape, self.run, width)
        self.optimizer: State = state(
            run.optimizer, self.weights, hidden=shape.hidden, deepspeed=run.wide_states, wide_gradients=run.megatron
        )
        self.size = (run.critic_parameters or parameters(shape)) / parameters(shape)

    def resident(self, cut: Degrees) -> float:
        """Bytes alive throughout: weights and optimizer states."""
        offloaded = self.run.offloaded
        weights = self.weights.base_bytes + self.weights.adapters * self.weights.width
        base = 0.0 if "parameters" in offloaded else weights / cut.weights
        states = 0.0 if "optimizer" in offloaded else self.optimizer.kept / cut.states
        return (base + states) * self.size

    def moments(self, cut: Degrees, alive: Mapping[str, float]) -> Iterator[Moment]:
        """Its own forward, backward and update; the policy's gradients are gone by then."""
        made = step(self.run, self.shape, self.numerics, self.weights, self.optimizer, cut, alive)
        sized = replace(made, gradients=made.gradients * self.size, update=made.update * self.size)
        for item in moments(self.shape, self.run, self.numerics, sized):
            yield item._replace(words=f"critic: {item.words}")
