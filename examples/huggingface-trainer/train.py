#!/usr/bin/env python3
"""Fine-tunes a text classifier with Hugging Face's Trainer. Nothing in it knows of runctl.

The Trainer writes checkpoint-500/, checkpoint-1000/, … into its output folder, which the job names as the folder of the
checkpoints, and takes `--resume_from_checkpoint <folder>`, which runctl adds when there is one to go on from.
"""
from __future__ import annotations

import argparse
import os

from datasets import load_dataset
from transformers import AutoModelForSequenceClassification, AutoTokenizer, Trainer, TrainingArguments


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default="distilbert-base-uncased")
    parser.add_argument("--output_dir", default="model", help="as checkpoints.dir in job.json")
    parser.add_argument("--epochs", type=float, default=3)
    parser.add_argument("--resume_from_checkpoint")
    args = parser.parse_args()
    data = load_dataset("csv", data_dir=os.environ.get("RUNCTL_DATA_DIR", "data"))["train"].train_test_split(0.1, seed=1)
    tokenizer = AutoTokenizer.from_pretrained(args.model)
    data = data.map(lambda rows: tokenizer(rows["text"], truncation=True), batched=True)
    trainer = Trainer(
        model=AutoModelForSequenceClassification.from_pretrained(args.model),
        args=TrainingArguments(args.output_dir, num_train_epochs=args.epochs, save_steps=500, save_total_limit=2),
        train_dataset=data["train"],
        eval_dataset=data["test"],
        tokenizer=tokenizer,
    )
    trainer.train(resume_from_checkpoint=args.resume_from_checkpoint)
    trainer.save_model(os.environ.get("RUNCTL_OUTPUT_DIR", "output"))


if __name__ == "__main__":
    main()
