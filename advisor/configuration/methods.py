"""What each family of methods adds to the shared sections, and the configuration models made of both."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from advisor.configuration.declaration import Section, value
from advisor.configuration.sections import (
    Batch,
    Data,
    Estimate,
    Hardware,
    Lengths,
    Memory,
    Model,
    Optimizer,
    Parallel,
    Peft,
    Precision,
    Reference,
    Schedule,
    Upkeep,
)

PREFERENCE = ("dpo", "kto", "orpo", "cpo", "simpo")
GROUP_RELATIVE = ("grpo", "rloo", "reinforce_pp")
METHODS = (*PREFERENCE, *GROUP_RELATIVE, "ppo", "online_dpo", "rlaif", "reward", "sft", "gkd")


class PreferenceLoss(Section):
    type: str | None = value("objective: sigmoid, ipo, hinge, apo_zero, ...")
    beta: float | None = value("strength of the implicit KL constraint; its unit depends on the loss", minimum=0)
    beta_min: float | None = value("lowest beta that a dynamic schedule may reach", minimum=0)
    beta_max: float | None = value("highest beta that a dynamic schedule may reach", minimum=0)
    label_smoothing: float | None = value("share of preference labels taken to be flipped", "probability", minimum=0, maximum=1)
    gamma: float | None = value("target margin of SimPO, in units of the reward", minimum=0)
    sft_weight: float | None = value("weight of a supervised term on the chosen answers", minimum=0)


class PolicyLoss(Section):
    type: str | None = value("objective: grpo, dapo, dr_grpo, gspo, ...")
    beta: float | None = value("strength of the preference or trust-region term", minimum=0)
    aggregation: str | None = value("how token losses are averaged")
    entropy_coefficient: float | None = value("weight of the entropy bonus")
    value_clip: float | None = value("clip range of the value loss", above=0)


class Advantage(Section):
    estimator: str | None = value("advantage estimator")
    normalization: str | None = value("how advantages are scaled: group, batch, none")
    gae_lambda: float | None = value("lambda of generalised advantage estimation", minimum=0, maximum=1)
    discount: float | None = value("discount factor per token", minimum=0, maximum=1)


class KL(Section):
    coefficient: float | None = value("weight of the KL penalty", minimum=0)
    target: float | None = value("target of an adaptive KL penalty", "nats", minimum=0)
    in_loss: bool | None = value("penalty added to the loss")
    in_reward: bool | None = value("penalty subtracted from the reward")
    estimator: str | None = value("KL estimator: k1, k2, k3")


class Rollout(Section):
    group_size: int | None = value("completions per prompt", "completions", minimum=1)
    temperature: float | None = value("sampling temperature", minimum=0)
    top_p: float | None = value("nucleus sampling", "probability", above=0, maximum=1)
    top_k: float | None = value("top-k sampling; not positive is off", "tokens")
    updates: float | None = value("passes over one rollout", "passes", minimum=0)
    engine: str | None = value("generation engine")
    engine_mode: str | None = value("where the engine runs: colocate, server")
    engine_memory: float | None = value("share of GPU memory reserved by the engine", "share", minimum=0, maximum=1)
    engine_max_length: int | None = value("longest sequence of the engine", "tokens", minimum=1)
    engine_tensor: int | None = value("GPUs over which the engine splits the model", "GPUs", minimum=1)
    engine_sleep: bool | None = value("the engine frees its memory while the policy trains")


class Clip(Section):
    low: float | None = value("lower clip range of the probability ratio", minimum=0)
    high: float | None = value("upper clip range of the probability ratio", minimum=0)
    level: str | None = value("what the ratio is taken over", choices=("token", "sequence"))


class Reward(Section):
    scale: str | None = value("how rewards are scaled")
    threshold: float | None = value("reward below which a sample is not trained on")
    target: float | None = value("average reward aimed at")
    weights: list[float] | None = value("weights of several reward functions")
    mask_truncated: bool | None = value("truncated completions are left out of the loss")
    desirable_weight: float | None = value("KTO's weight of desirable samples", minimum=0)
    undesirable_weight: float | None = value("KTO's weight of undesirable samples", minimum=0)


class Critic(Section):
    learning_rate: float | None = value("learning rate of the value model", "per optimizer step", minimum=0)


class Configuration(BaseModel):
    """What every post-training run has."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    method: str | None = value("training procedure", choices=METHODS, option="--method")
    seed: int | None = value("random seed")
    compile: bool | None = value("torch.compile")
    data: Data = Field(default_factory=Data)
    hardware: Hardware = Field(default_factory=Hardware)
    model: Model = Field(default_factory=Model)
    peft: Peft = Field(default_factory=Peft)
    optimizer: Optimizer = Field(default_factory=Optimizer)
    schedule: Schedule = Field(default_factory=Schedule)
    batch: Batch = Field(default_factory=Batch)
    lengths: Lengths = Field(default_factory=Lengths)
    precision: Precision = Field(default_factory=Precision)
    memory: Memory = Field(default_factory=Memory)
    estimate: Estimate = Field(default_factory=Estimate)
    parallel: Parallel = Field(default_factory=Parallel)
    reference: Reference = Field(default_factory=Reference)
    upkeep: Upkeep = Field(default_factory=Upkeep)


class PreferenceConfiguration(Configuration):
    """DPO and its kin: training on stored pairs (KTO: on stored judgements)."""

    loss: PreferenceLoss = Field(default_factory=PreferenceLoss)
    reward: Reward = Field(default_factory=Reward)


class OnlineConfiguration(Configuration):
    """Group-relative methods: the policy samples, a reward judges, a group is the baseline."""

    loss: PolicyLoss = Field(default_factory=PolicyLoss)
    advantage: Advantage = Field(default_factory=Advantage)
    kl: KL = Field(default_factory=KL)
    rollout: Rollout = Field(default_factory=Rollout)
    clip: Clip = Field(default_factory=Clip)
    reward: Reward = Field(default_factory=Reward)


class PPOConfiguration(OnlineConfiguration):
    """PPO: a learned value model is the baseline."""

    critic: Critic = Field(default_factory=Critic)


class RLAIFConfiguration(OnlineConfiguration):
    """Reinforcement learning from a teacher's or judge's feedback."""


class RewardConfiguration(Configuration):
    """A reward model trained on pairs."""

    loss: PreferenceLoss = Field(default_factory=PreferenceLoss)


FAMILIES: dict[str, type[Configuration]] = {
    **dict.fromkeys(PREFERENCE, PreferenceConfiguration),
    **dict.fromkeys(GROUP_RELATIVE, OnlineConfiguration),
    "online_dpo": OnlineConfiguration,
    "ppo": PPOConfiguration,
    "rlaif": RLAIFConfiguration,
    "reward": RewardConfiguration,
    "sft": Configuration,
    "gkd": OnlineConfiguration,
}
"""The configuration model of each method."""
