"""Machine-learning models that users register."""
