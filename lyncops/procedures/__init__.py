"""One module per section of the recovery guide: from a deployment to a plan. Pure functions."""
