"""The state of a simulated deployment, and how it changes by itself while time passes."""
