"""PowerShell Remoting Protocol (MS-PSRP) as bytes and values: it touches no socket, so that both
ends fit into one process.
"""
