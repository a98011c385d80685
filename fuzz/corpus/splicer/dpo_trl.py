"""A healthy 7B DPO run in Python: rlhf-lint reads the call, and never runs it."""

from trl import DPOConfig

config = DPOConfig(
    output_dir="runs/dpo",
    learning_rate=5e-7,
    beta=0.1,
    max_length=2048,
    num_train_epochs=1,
    per_device_train_batch_size=4,
    gradient_accumulation_steps=4,
    warmup_steps=0.1,
    lr_scheduler_type="cosine",
    eval_strategy="steps",
    eval_steps=100,
    bf16=True,
)
