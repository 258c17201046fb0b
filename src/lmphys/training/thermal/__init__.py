"""The learning rate as a temperature: trainings that branch off a trunk, and the heat that logs of trainings hold."""
