"""The switching model: estimator, parameters, inference, and EM."""
