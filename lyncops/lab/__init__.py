"""The lab: a simulated Lync deployment, served over real WinRM."""
