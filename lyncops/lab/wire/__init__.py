"""The lab's wire: WSMan, PowerShell remoting, authentication and faults, served on loopback."""
