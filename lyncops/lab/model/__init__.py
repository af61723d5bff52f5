"""The state of a simulated deployment, and what becomes of it by itself while time passes."""
